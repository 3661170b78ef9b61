import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sharedStack } from '../shared-stack.ts';
import { durations } from '../support/durations.ts';
import { chainSurvives } from './harness/chain-survives.ts';
import { seededRandom } from './harness/random.ts';
import { S3Proxy } from './harness/s3-proxy.ts';

test('S3 answers 503 while uploads come: messages wait in hand, and all places agree afterwards', async () => {
  const { addresses } = await sharedStack();
  const proxy = await S3Proxy.start(addresses.s3.endpoint, seededRandom(31));
  try {
    await chainSurvives(
      's3-503',
      async (_chain, say) => {
        say('S3 answers 503');
        proxy.fail(true);
        await delay(durations.s3Gone);
        proxy.fail(false);
        say(`S3 answers again; ${proxy.refused} requests were refused`);
        expect(proxy.refused).toBeGreaterThan(2);
      },
      { S3_ENDPOINT: proxy.endpoint }, // uploads themselves go past it
    );
  } finally {
    await proxy.stop();
  }
});
