import { createHash } from 'node:crypto';
import {
  createDarkroom,
  DEFAULT_LIMITS,
  type Developed,
  type Pipeline,
  type Refused,
  STANDARD_PIPELINE,
  type Step,
  type StepReport,
} from '../processors/index.ts';
import type { PluginSample } from './plugin-samples.ts';

/** What a plug-in would do with an image in production. */
export interface PluginTrial {
  readonly sample: string;
  /** `processed` and `unchanged` leave renditions, `rejected` and `failed` a dead letter. */
  readonly outcome: 'processed' | 'unchanged' | 'rejected' | 'failed';
  readonly code: string | null;
  readonly reason: string | null;
  /** Of the step alone. */
  readonly durationMs: number | null;
  /** Highest resident bytes: of a module its worker's, of a command its process group's. */
  readonly memoryBytes: number | null;
  readonly outputBytes: number | null;
  /** Further renditions that it made. */
  readonly renditions: readonly string[];
  /** Whether a second run gave the same bytes, or the same code; null: there was none. */
  readonly repeatable: boolean | null;
}

export interface TrialOptions {
  readonly deadlineMs: number;
  readonly workerMemoryBytes: number;
  readonly signal: AbortSignal;
}

/** Tries of one plug-in. */
export interface PluginTrials {
  /** One image through the pipeline of production with the plug-in as its step, twice if it does not fail. */
  run(sample: PluginSample): Promise<PluginTrial>;
  close(): Promise<void>;
}

/** A worker knows its highest memory since it began, so a module gets a new one for each image. */
export function openTrials(
  step: Step,
  { deadlineMs, workerMemoryBytes, signal }: TrialOptions,
): PluginTrials {
  const pipeline: Pipeline = { ...STANDARD_PIPELINE, name: 'check', steps: [step] };
  const open = () =>
    createDarkroom({
      workers: 1,
      deadlineMs,
      workerMemoryBytes,
      limits: DEFAULT_LIMITS,
      pipelines: [pipeline],
    });
  let darkroom = open();
  let fresh = true;
  return {
    run: async ({ name, bytes }) => {
      if (!fresh && step.step === 'module') {
        await darkroom.close();
        darkroom = open();
      }
      fresh = false;
      const first = await darkroom.develop(bytes, { signal });
      const second = first.outcome === 'failed' ? undefined : await darkroom.develop(bytes, { signal });
      const report = first.steps?.find((one) => one.step === step.step);
      return {
        sample: name,
        outcome: outcomeOf(first, report),
        code: first.outcome === 'processed' ? null : first.code,
        reason: first.outcome === 'processed' ? null : first.reason,
        durationMs: report?.durationMs ?? null,
        memoryBytes: report?.memoryBytes ?? null,
        outputBytes: report?.outputBytes ?? null,
        renditions: extraOf(first, pipeline),
        repeatable: second ? printOf(first) === printOf(second) : null,
      };
    },
    close: () => darkroom.close(),
  };
}

function outcomeOf(result: Developed | Refused, report: StepReport | undefined): PluginTrial['outcome'] {
  if (result.outcome !== 'processed') return result.outcome;
  return report?.outcome === 'unchanged' ? 'unchanged' : 'processed';
}

function extraOf(result: Developed | Refused, { renditions }: Pipeline): string[] {
  if (result.outcome !== 'processed') return [];
  const own = new Set(renditions.map((one) => one.name));
  return result.renditions.flatMap((one) => (own.has(one.name) ? [] : [one.name]));
}

/** What must be the same in each run: a repeat writes the same keys, and other bytes under them are a conflict. */
function printOf(result: Developed | Refused): string {
  if (result.outcome !== 'processed') return result.code;
  const hash = createHash('sha256');
  for (const { name, body } of result.renditions) hash.update(name).update('\0').update(body);
  return hash.digest('hex');
}
