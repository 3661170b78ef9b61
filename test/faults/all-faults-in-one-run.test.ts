import { test } from 'vitest';
import { survives } from './harness/survives.ts';

test('all faults in one run: every image has one event and its renditions', async () => {
  await survives({
    images: 400,
    faults: ['kill', 'kill', 'kill', 'stop', 'rolling', 'broker', 's3-503'],
    seed: 16,
  });
});
