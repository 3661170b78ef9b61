// A service whose workers hang; isolation.test.ts kills it.
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../../../src/processors/guard.ts';
import { createDarkroom } from '../../../../src/processors/isolation.ts';
import { STANDARD_PIPELINE } from '../../../../src/processors/pipeline.ts';

const [scratchFolder, path = ''] = process.argv.slice(2);
const room = createDarkroom({
  workers: 2,
  deadlineMs: 60_000,
  workerMemoryBytes: 1024 ** 3,
  limits: DEFAULT_LIMITS,
  pipelines: [{ ...STANDARD_PIPELINE, steps: [{ step: 'module', path }] }],
  scratchFolder,
});
const hang = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#0a0a0a' } })
  .png()
  .toBuffer();
void room.develop(hang, {});
void room.develop(hang, {});
process.send?.('started');
