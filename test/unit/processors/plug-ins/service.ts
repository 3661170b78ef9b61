// A service whose workers or programs hang; isolation.test.ts and command-step.test.ts kill it.
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../../../src/processors/guard/guard.ts';
import { createDarkroom } from '../../../../src/processors/isolation/isolation.ts';
import { STANDARD_PIPELINE } from '../../../../src/processors/pipeline.ts';
import type { Step } from '../../../../src/processors/steps/step.ts';

const [scratchFolder, path = '', pidFile = ''] = process.argv.slice(2);
const step: Step = pidFile
  ? { step: 'command', path, args: ['hang-and-tell', pidFile], limits: { timeoutMs: 60_000 } }
  : { step: 'module', path };
const room = createDarkroom({
  workers: 2,
  deadlineMs: 60_000,
  workerMemoryBytes: 1024 ** 3,
  limits: DEFAULT_LIMITS,
  pipelines: [{ ...STANDARD_PIPELINE, steps: [step] }],
  scratchFolder,
});
const hang = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#0a0a0a' } })
  .png()
  .toBuffer();
void room.develop(hang, {});
void room.develop(hang, {});
process.send?.('started');
