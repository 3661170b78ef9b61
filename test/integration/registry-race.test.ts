import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createRegistryCodec } from '../../src/serdes/registry-codec.ts';
import { sharedStack } from '../shared-stack.ts';

test('instances that start at the same moment on a new registry all register', async () => {
  const { registry: url } = (await sharedStack()).addresses;
  for (let round = 0; round < 5; round++) {
    const run = randomUUID();
    const topics = { imageUploads: `uploads-${run}`, imageStats: `stats-${run}` };
    const start = () => createRegistryCodec({ url, requestTimeoutMs: 10_000, topics }).start();
    await expect(Promise.all(Array.from({ length: 6 }, start))).resolves.toHaveLength(6);
  }
});
