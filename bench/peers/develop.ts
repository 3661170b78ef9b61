// The service's own processors, without Kafka and S3: in this process, or behind the wall of worker processes.
// Arguments: `in-process` or `isolated`, then the images' files.
import { availableParallelism } from 'node:os';
import { develop, prepareProcess } from '../../src/processors/develop.ts';
import { createDarkroom, DEFAULT_LIMITS, STANDARD_PIPELINE } from '../../src/processors/index.ts';
import { developAll } from './alone.ts';

const [mode, ...files] = process.argv.slice(2);
const limits = DEFAULT_LIMITS;

if (mode === 'in-process') {
  prepareProcess(limits);
  await developAll(files, (bytes) => develop(bytes, { limits, pipeline: STANDARD_PIPELINE }));
} else {
  const darkroom = createDarkroom({
    workers: availableParallelism(),
    deadlineMs: 60_000,
    workerMemoryBytes: 1024 ** 3,
    limits,
    pipelines: [STANDARD_PIPELINE],
  });
  await developAll(files, (bytes) => darkroom.develop(bytes, {}));
  await darkroom.close();
}
