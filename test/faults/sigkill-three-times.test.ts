import { test } from 'vitest';
import { survives } from './harness/survives.ts';

test('SIGKILL of an instance, three times: every image has one event and its renditions', async () => {
  await survives({ images: 400, faults: ['kill', 'kill', 'kill'], seed: 11 });
});
