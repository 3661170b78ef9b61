import { test } from 'vitest';
import { survives } from './harness/survives.ts';

test('S3 that answers 503 for a while, before or after it did the work, delays images and loses none', async () => {
  await survives({ images: 200, faults: ['s3-503', 'kill'], seed: 15 });
});
