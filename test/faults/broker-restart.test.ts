import { test } from 'vitest';
import { survives } from './harness/survives.ts';

test('a killed broker that comes back: every image has one event', async () => {
  await survives({ images: 200, faults: ['broker'], seed: 14 });
});
