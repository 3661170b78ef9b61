import { test } from 'vitest';
import { survives } from './harness/survives.ts';

test('an instance frozen past its session wakes fenced: nothing is counted twice', async () => {
  await survives({ images: 200, faults: ['stop'], seed: 12 });
});
