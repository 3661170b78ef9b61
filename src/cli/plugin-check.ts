import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Step } from '../processors/index.ts';
import type { PluginCheckOptions } from './options.ts';
import { PluginTable, verdictOf } from './plugin-report.ts';
import { type PluginSample, pluginSamples } from './plugin-samples.ts';
import { pluginStep } from './plugin-step.ts';
import { openTrials, type PluginTrial } from './plugin-trial.ts';
import { Failure, ProgressLine, type Terminal, UsageError } from './terminal.ts';

const MIB = 1024 * 1024;
/** Past the plug-in's own limits, decoding and renditions have this much. */
const WORKER_GRACE_MS = 20_000;
const WORKER_MEMORY_BYTES = 1024 * MIB;
/** A plug-in that hangs on these many images hangs on all, and the author is waiting. */
const MAX_TIMEOUTS = 3;

/** Says what a plug-in would do in production. Throws UsageError for a missing file, Failure for an unfit plug-in. */
export async function checkPlugin(
  path: string,
  args: readonly string[],
  options: PluginCheckOptions,
  terminal: Terminal,
): Promise<void> {
  const step = stepOf(path, args, options);
  const samples = options.sample ? ownSamples(options.sample) : await pluginSamples();
  const table = options.json ? undefined : new PluginTable(terminal, samples);
  const progress = new ProgressLine(terminal);
  const trials: PluginTrial[] = [];
  const production = openTrials(step, {
    deadlineMs: options.timeout + WORKER_GRACE_MS,
    workerMemoryBytes: Math.max(WORKER_MEMORY_BYTES, options.memory * MIB),
    signal: terminal.stop,
  });
  try {
    for (const sample of samples) {
      progress.show(`${sample.name} (${trials.length + 1} of ${samples.length})`);
      const trial = await production.run(sample);
      trials.push(trial);
      progress.clear();
      table?.add(trial);
      if (trials.filter(({ code }) => code === 'PLUGIN_TIMEOUT').length === MAX_TIMEOUTS) break;
    }
  } catch (error) {
    if (terminal.stop.aborted) throw new Failure(`stopped after ${trials.length} of ${samples.length}`);
    throw error;
  } finally {
    progress.clear();
    await production.close();
  }
  const verdict = verdictOf(trials, samples.length);
  if (options.json) {
    const kind = { plugin: basename(path), step: step.step };
    terminal.out(`${JSON.stringify({ ...kind, ...verdict, trials }, null, 2)}\n`);
  } else table?.finish(verdict);
  if (!verdict.fit)
    throw new Failure(`${basename(path)} is not fit for production: ${verdict.why.join('; ')}`);
}

function stepOf(path: string, args: readonly string[], options: PluginCheckOptions): Step {
  const absolute = resolve(path);
  const limits = { timeoutMs: options.timeout, memoryBytes: options.memory * MIB };
  const { input } = options;
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (!stats?.isFile()) {
    const problem = stats ? `${path} is no file` : `there is no file ${path}`;
    throw new UsageError(`${problem}. What to do: give the path of a module or of a program`);
  }
  const step = pluginStep(absolute);
  if (step.step === 'module') return { ...step, limits };
  try {
    accessSync(absolute, constants.X_OK);
  } catch {
    throw new UsageError(
      `${path} is no module (.js, .mjs, .ts) and cannot be executed. What to do: chmod +x ${path}`,
    );
  }
  return { ...step, args, limits, ...(input ? { input } : {}) };
}

function ownSamples(files: readonly string[]): PluginSample[] {
  return files.map((file) => {
    try {
      return { name: basename(file), bytes: readFileSync(file) };
    } catch (error) {
      throw new UsageError(`the sample ${file} cannot be read. What to do: name image files`, {
        cause: error,
      });
    }
  });
}
