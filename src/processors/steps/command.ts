import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { firstLine, type Refusal } from '../refusal.ts';
import { answerTooLarge, parseAnswer, pluginRejection, stepFailed } from './answer.ts';
import { guardGroup, marked } from './group-warden.ts';
import { type Answered, type FullLimits, plainFacts, type StepRequest } from './outside-step.ts';
import { killGroup, watchGroup } from './process-groups.ts';
import type { CommandStep } from './step.ts';

/** The exit code with which a program rejects an image by its own will. */
const EXIT_REJECTED = 10;
/** Of the first and of the last part of stderr; what lies between is read and forgotten. */
const STDERR_KEPT_BYTES = 4 * 1024;
/** Who left the group and holds the pipe is not waited for. */
const CLOSE_GRACE_MS = 500;

/** All of the service's environment that a program gets: the rest holds credentials. */
const ENVIRONMENT = /^(PATH|HOME|TMPDIR|LANG|DARKROOM_PLUGIN_\w+)$/;

/**
 * Runs a program on one image: picture on stdin, answer on stdout, verdict in the exit code. Its process group is gone when
 * this settles, whatever it was doing. Rejects with a Refusal, or with the signal's reason when that fires.
 */
export async function runCommand(
  step: CommandStep,
  request: StepRequest,
  limits: FullLimits,
  signal: AbortSignal,
): Promise<Answered> {
  signal.throwIfAborted();
  const child = spawn(step.path, step.args ?? [], {
    cwd: dirname(step.path),
    env: marked(environmentOf(request)),
    detached: true, // a session and group of its own
    stdio: 'pipe',
  });
  const leader = child.pid;
  if (leader === undefined) {
    const [error] = await new Promise<unknown[]>((resolve) => child.once('error', (...e) => resolve(e)));
    const why = missingInterpreter(step.path, error) ?? firstLine(error);
    throw stepFailed(request.step, `it cannot be started: ${why}`, 'PLUGIN_FAILED', error);
  }
  let loss: Refusal | undefined;
  const end = (why?: Refusal): void => {
    loss ??= why;
    killGroup(leader);
  };
  const unguard = guardGroup(leader);
  const unwatch = watchGroup(leader, limits.memoryBytes, () =>
    end(stepFailed(request.step, `it took more than ${limits.memoryBytes} bytes`, 'PLUGIN_OUT_OF_MEMORY')),
  );
  const onAbort = () => end();
  signal.addEventListener('abort', onAbort, { once: true });
  const stdout = collect(child, limits.maxOutputBytes, () =>
    end(answerTooLarge(request.step, limits.maxOutputBytes)),
  );
  const stderr = edgesOf(child);
  child.stdin.on('error', () => {}); // it may end without having read all: the exit code says whether that was well
  child.stdin.end(request.image);
  try {
    const [code, killedBy] = await ended(child, () => killGroup(leader));
    signal.throwIfAborted();
    if (loss) throw loss;
    if (code === EXIT_REJECTED) throw rejection(stderr().last);
    if (code !== 0) {
      const how = killedBy ? `it was ended by ${killedBy}` : `exit code ${code}`;
      const { first } = stderr();
      throw stepFailed(request.step, first ? `${how}: ${firstLine(first)}` : how);
    }
    const bytes = Buffer.concat(stdout);
    const answer = parseAnswer(request.step, bytes);
    return { answer, outputBytes: bytes.length, memoryBytes: unwatch() };
  } finally {
    unwatch();
    unguard();
    signal.removeEventListener('abort', onAbort);
  }
}

/** Linux says of a program that it is not there also where only the interpreter is not that its first line names. */
function missingInterpreter(path: string, error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) return undefined;
  const line = firstLineOf(path);
  if (line === undefined) return undefined;
  if (!line.startsWith('#!')) return 'its file is there, but not what the system needs to load it';
  const windows = line.endsWith('\r')
    ? ': the line ends with CRLF, and CR is taken for part of the name'
    : '';
  return `the interpreter of its first line, ${line.slice(2).trim()}, is not there${windows}`;
}

/** As much of it as Linux reads; undefined where the file cannot be read. */
function firstLineOf(path: string): string | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(256);
      return bytes.toString('utf8', 0, readSync(file, bytes)).split('\n', 1)[0];
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function environmentOf({ facts, pipeline, step, contentType }: StepRequest): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => ENVIRONMENT.test(name));
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(plainFacts(facts, '_').map(([name, value]) => [`DARKROOM_IMAGE_${name}`, value])),
    DARKROOM_CONTENT_TYPE: contentType,
    DARKROOM_PIPELINE: pipeline,
    DARKROOM_STEP: step,
  };
}

/** How the program ended, after what it wrote has been read; who of its group still lives has been killed. */
async function ended(
  child: ChildProcessWithoutNullStreams,
  killRest: () => void,
): Promise<[code: number | null, signal: NodeJS.Signals | null]> {
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exit = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('exit', (code, signal) => resolve([code, signal])),
  );
  killRest();
  const grace = setTimeout(() => {
    for (const stream of child.stdio) stream?.destroy();
  }, CLOSE_GRACE_MS);
  await closed;
  clearTimeout(grace);
  return exit;
}

function collect(
  { stdout }: ChildProcessWithoutNullStreams,
  maxBytes: number,
  tooLarge: () => void,
): Buffer[] {
  const parts: Buffer[] = [];
  let length = 0;
  stdout.on('data', (part: Buffer) => {
    length += part.length;
    if (length <= maxBytes) parts.push(part);
    else tooLarge();
  });
  return parts;
}

/** The first and the last line that a program wrote to stderr. */
function edgesOf({ stderr }: ChildProcessWithoutNullStreams): () => { first: string; last: string } {
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  stderr.on('data', (part: Buffer) => {
    if (head.length < STDERR_KEPT_BYTES) {
      head = Buffer.concat([head, part.subarray(0, STDERR_KEPT_BYTES - head.length)]);
    }
    tail = Buffer.concat([tail, part.subarray(-STDERR_KEPT_BYTES)]).subarray(-STDERR_KEPT_BYTES);
  });
  const lines = (bytes: Buffer) =>
    bytes
      .toString('utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
  return () => ({ first: lines(head)[0] ?? '', last: lines(tail).at(-1) ?? '' });
}

/** `CODE: reason`, or the reason alone. */
function rejection(line: string): Refusal {
  const [, code, reason] = /^([A-Z][A-Z0-9_]+):\s*(.*)$/.exec(line) ?? [];
  return code === undefined ? pluginRejection(line) : pluginRejection(reason, code);
}
