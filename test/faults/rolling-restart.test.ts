import { test } from 'vitest';
import { survives } from './harness/survives.ts';

test('a rolling SIGTERM restart loses and repeats nothing, each instance ends with 0', async () => {
  await survives({ images: 200, faults: ['rolling'], seed: 13 });
});
