import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import workerpool from 'workerpool';
import { residentBytes } from './resident-memory.ts';
import type {
  WorkerJob,
  WorkerModule,
  WorkerResult,
  WorkerSettings,
  WorkerStarted,
} from './worker-protocol.ts';

/** Loading sharp takes a quarter of a second on a quiet machine; a worker that needs this long will not come up. */
const START_GRACE_MS = 20_000;
/** The system buries a killed process within milliseconds; past this the id may be another process's. */
const KILL_GRACE_MS = 2_000;
const TERMINATE_TIMEOUT_MS = 500;
/** Often enough to catch a process that fills memory at a gigabyte a second near its cap. */
const MEMORY_WATCH_MS = process.platform === 'linux' ? 50 : 500;
/** The watch outlasts a job: begun anew with each, it would never look at those that are shorter than its interval. */
const IDLE_LOOKS = 20;

/** Handed on to workers; nothing else of the service's environment is: it holds credentials. */
const ENVIRONMENT =
  /^(PATH|HOME|TMPDIR|TZ|LANG|LC_\w+|LD_PRELOAD|LD_LIBRARY_PATH|SYSTEMROOT|DARKROOM_PLUGIN_\w+)$/;

/** Why a job got no answer. `unstarted`: the worker was dead before it began, the job cannot have been the cause. */
export type LossCause = 'timeout' | 'memory' | 'crash' | 'unstarted' | 'aborted';

export class WorkerLost extends Error {
  readonly loss: LossCause;
  /** The module that was running. */
  readonly module: string | undefined;
  /** Whether it was over a limit of that module's own. */
  readonly ofModule: boolean;

  constructor(loss: LossCause, options?: ErrorOptions & { module?: string; ofModule?: boolean }) {
    super(`worker lost: ${loss}`, options);
    this.name = 'WorkerLost';
    this.loss = loss;
    this.module = options?.module;
    this.ofModule = options?.ofModule ?? false;
  }
}

export interface WorkerPoolOptions {
  readonly workers: number;
  readonly settings: WorkerSettings;
  /** From the moment a worker begins with a job. */
  readonly deadlineMs: number;
  /** Resident bytes of one worker process. */
  readonly memoryBytes: number;
  /** Jobs that one worker process does; then it is ended. */
  readonly maxJobs: number;
}

export interface WorkerPool {
  /** At most `workers` at once. Rejects with WorkerLost; the worker is dead then. */
  run(job: WorkerJob, signal: AbortSignal): Promise<WorkerResult>;
  alive(): number;
  close(): Promise<void>;
}

/** A job that a worker has begun. */
interface Running {
  readonly pid: number;
  lose(loss: LossCause, ofModule?: boolean): void;
  /** Of the module that runs in it. */
  maxBytes(): number;
}

function isStarted(message: unknown): message is WorkerStarted {
  return typeof message === 'object' && message !== null && 'worker' in message && 'pid' in message;
}

function isModule(message: unknown): message is WorkerModule {
  return typeof message === 'object' && message !== null && 'module' in message;
}

/** Processes that run one job at a time and die by SIGKILL when it takes too long or too much, or is called off. */
export function createWorkerPool({
  workers,
  settings,
  deadlineMs,
  memoryBytes,
  maxJobs,
}: WorkerPoolOptions): WorkerPool {
  const running = new Set<Running>();
  /** Each worker's own switch: the one way to kill a worker in any state, and never anything else. */
  const switches = new Map<string, AbortController>();
  const pids = new Set<number>();
  /** Jobs done by each worker that goes on. */
  const jobsDone = new Map<string, number>();
  const retired = new Set<string>();
  let created = 0;
  let watch: NodeJS.Timeout | undefined;

  // The same kind of file as this one: TypeScript in a checkout, JavaScript in the built package.
  const script = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));
  const pool = workerpool.pool(script, {
    workerType: 'process',
    maxWorkers: workers,
    workerTerminateTimeout: 200,
    forkArgs: [JSON.stringify(settings)],
    onCreateWorker: () => {
      const worker = String(created++);
      const controller = new AbortController();
      switches.set(worker, controller);
      return {
        forkOpts: {
          env: { ...workerEnvironment(), DARKROOM_WORKER: worker },
          execArgv: ['--disable-warning=ExperimentalWarning'],
          signal: controller.signal,
          killSignal: 'SIGKILL',
        },
      };
    },
  });

  const kill = (worker: string): void => {
    switches.get(worker)?.abort();
    switches.delete(worker);
    jobsDone.delete(worker);
  };

  /** Counts a job that has ended well, and ends its worker when that was its last. Nobody waits for that. */
  const countJob = ({ worker, pid }: WorkerStarted): void => {
    const done = (jobsDone.get(worker) ?? 0) + 1;
    if (done < maxJobs) return void jobsDone.set(worker, done);
    retired.add(worker);
    kill(worker);
    void gone(pid).then(() => {
      pids.delete(pid);
      retired.delete(worker);
    });
  };

  let idleLooks = 0;
  const watchMemory = async (): Promise<void> => {
    idleLooks = running.size === 0 ? idleLooks + 1 : 0;
    if (idleLooks > IDLE_LOOKS) {
      clearInterval(watch);
      watch = undefined;
      return;
    }
    const resident = await residentBytes([...running].map((job) => job.pid));
    for (const job of running) {
      const bytes = resident.get(job.pid) ?? 0;
      if (bytes > memoryBytes) job.lose('memory');
      else if (bytes > job.maxBytes()) job.lose('memory', true);
    }
  };

  const run = async (job: WorkerJob, signal: AbortSignal): Promise<WorkerResult> => {
    signal.throwIfAborted();
    let begun: (WorkerStarted & Running) | undefined;
    let loss: LossCause | undefined;
    const now: { module: WorkerModule['module'] } = { module: null };
    let overModule = false;
    let moduleTimer: NodeJS.Timeout | undefined;
    const lose = (cause: LossCause, ofModule = false): void => {
      if (!loss) overModule = ofModule;
      loss ??= cause;
      // Before it has begun nobody knows which worker it is: killed when it says so, or when the grace is over.
      if (begun) kill(begun.worker);
      else if (cause === 'unstarted') answer.cancel();
    };
    let timer = setTimeout(() => lose('unstarted'), START_GRACE_MS);
    const onAbort = () => lose('aborted');
    const answer = pool.exec('develop', [job], {
      on: (message: unknown) => {
        if (isModule(message)) {
          now.module = message.module;
          clearTimeout(moduleTimer);
          const ownMs = message.module?.timeoutMs;
          if (ownMs !== undefined) moduleTimer = setTimeout(() => lose('timeout', true), ownMs);
        }
        if (!isStarted(message)) return;
        begun = { ...message, lose, maxBytes: () => now.module?.memoryBytes ?? Infinity };
        running.add(begun);
        pids.add(begun.pid);
        watch ??= setInterval(() => void watchMemory(), MEMORY_WATCH_MS).unref();
        clearTimeout(timer);
        timer = setTimeout(() => lose('timeout'), deadlineMs);
        if (loss) kill(begun.worker);
      },
    });
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const result = await answer;
      if (begun) countJob(begun);
      return result;
    } catch (error) {
      // The library takes a dead worker out of its list some turns later.
      await new Promise((resolve) => setImmediate(resolve));
      if (begun) {
        kill(begun.worker);
        await gone(begun.pid);
        pids.delete(begun.pid);
      }
      // A worker that had done its last job was being ended when this one reached it.
      const innocent = !begun || retired.has(begun.worker);
      const blame = { module: now.module?.name, ofModule: overModule };
      throw new WorkerLost(loss ?? (innocent ? 'unstarted' : 'crash'), { cause: error, ...blame });
    } finally {
      clearTimeout(timer);
      clearTimeout(moduleTimer);
      signal.removeEventListener('abort', onAbort);
      if (begun) running.delete(begun);
    }
  };

  return {
    run,
    alive: () => pool.stats().totalWorkers,
    close: async () => {
      clearInterval(watch);
      for (const worker of [...switches.keys()]) kill(worker);
      // A worker that somebody else ended while it was idle never answers the library: its end has been announced already.
      await pool.terminate(true, TERMINATE_TIMEOUT_MS).catch(() => {});
      await Promise.all([...pids].map(gone));
    },
  };
}

function workerEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => ENVIRONMENT.test(name));
  // Two malloc arenas keep the resident memory down; a thread a rendition is all that a worker can use.
  return { ...Object.fromEntries(kept), MALLOC_ARENA_MAX: '2', UV_THREADPOOL_SIZE: '4' };
}

/** Resolves when a killed process has left the system, so that nothing of it touches a file any more. */
async function gone(pid: number): Promise<void> {
  const untilMs = performance.now() + KILL_GRACE_MS;
  while (performance.now() < untilMs) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
