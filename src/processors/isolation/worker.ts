// The process in which strangers' images and plug-ins run. It may be killed at any time.
import { closeSync, openSync, readSync, writevSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import workerpool from 'workerpool';
import { developStretch, prepareProcess } from '../develop.ts';
import { prepareWatermarks } from '../drawing/watermark.ts';
import { pipelineNamed } from '../pipeline.ts';
import { firstLine } from '../refusal.ts';
import { answerLimits } from '../steps/extra-renditions.ts';
import { type ModuleStep, stepName } from '../steps/step.ts';
import { layDown, lengthsOf, readResumed } from './laid-down.ts';
import type {
  WorkerJob,
  WorkerModule,
  WorkerResult,
  WorkerSettings,
  WorkerStarted,
} from './worker-protocol.ts';

/** Images up to this size are read into one buffer that is used again: new pages cost more than the copy. */
const REUSED_BYTES = 4 * 1024 * 1024;

const settings: WorkerSettings = JSON.parse(process.argv[2] ?? '');
const started: WorkerStarted = { worker: process.env.DARKROOM_WORKER ?? '', pid: process.pid };
const reused = Buffer.allocUnsafeSlow(REUSED_BYTES);

// A terminal's Ctrl-C and a supervisor's SIGTERM reach every process of the group; the parent still finishes what is in turn.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
// The parent is gone. Not `process.exit`: that would wait for a decoder that runs.
process.prependListener('disconnect', () => process.kill(process.pid, 'SIGKILL'));
const hasSteps = settings.pipelines.some(({ steps }) => steps.length > 0);
if (hasSteps) watchParent();
await prepareWatermarks(settings.pipelines);
// What steps answer may be in other formats than customers may send.
prepareProcess(hasSteps ? answerLimits(settings.limits) : settings.limits);

/** A plug-in may block this thread for good, and `disconnect` is never seen then; another thread sees it. */
function watchParent(): void {
  const watch = `setInterval(() => process.ppid === ${process.ppid} || process.kill(process.pid, 'SIGKILL'), 500)`;
  new Worker(watch, { eval: true }).unref();
}

function readInput({ inputPath, inputBytes }: WorkerJob): Buffer {
  const bytes = inputBytes <= REUSED_BYTES ? reused.subarray(0, inputBytes) : Buffer.allocUnsafe(inputBytes);
  const file = openSync(inputPath, 'r');
  try {
    for (let done = 0; done < inputBytes; ) {
      const got = readSync(file, bytes, done, inputBytes - done, done);
      if (got === 0) throw new Error(`${done} bytes of ${inputBytes} were there to read`);
      done += got;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}

function writeOutput(path: string, bodies: readonly Buffer[]): void {
  const file = openSync(path, 'r+');
  try {
    const written = writevSync(file, bodies, 0);
    const length = bodies.reduce((sum, body) => sum + body.length, 0);
    if (written !== length) throw new Error(`${written} bytes of ${length} could be written`);
  } finally {
    closeSync(file);
  }
}

/** The parent knows by it whose fault it is when this process is lost. */
function onModule(step: ModuleStep | undefined): void {
  const message: WorkerModule = { module: step ? { ...step.limits, name: stepName(step) } : null };
  workerpool.workerEmit(message);
}

async function developJob(job: WorkerJob): Promise<WorkerResult> {
  workerpool.workerEmit(started);
  try {
    const { inputPath: _in, inputBytes: _bytes, outputPath, resume, ...asked } = job;
    const pipeline = pipelineNamed(settings.pipelines, job.pipeline);
    const input = readInput(job);
    const { original, resumed } = resume ? readResumed(input, resume) : { original: input };
    const result = await developStretch(original, { ...asked, pipeline, resumed, onModule });
    if (result.outcome === 'paused') {
      const laid = layDown(result, outputPath);
      writeOutput(outputPath, laid.bodies);
      return laid.result;
    }
    if (result.outcome !== 'processed') return result;
    writeOutput(
      outputPath,
      result.renditions.map((rendition) => rendition.body),
    );
    return { ...result, renditions: lengthsOf(result.renditions) };
  } catch (error) {
    return { outcome: 'scratch-failure', reason: firstLine(error) };
  }
}

workerpool.worker({ develop: developJob });
