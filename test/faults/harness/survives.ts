import { expect } from 'vitest';
import { sharedStack } from '../../shared-stack.ts';
import { type KillTestOptions, type KillTestReport, runKillTest } from './run.ts';

/** Two instances on the shared stack, exactly once unless the options say otherwise; the run's words are printed. */
export async function runFaults(
  options: Pick<KillTestOptions, 'images' | 'faults' | 'seed'> & Partial<KillTestOptions>,
): Promise<KillTestReport> {
  const startedMs = performance.now();
  const say = (line: string) => {
    process.stderr.write(`  ${((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)} s  ${line}\n`);
  };
  const stack = await sharedStack();
  const report = await runKillTest(stack, { instances: 2, guarantee: 'exactly_once', say, ...options });
  say(`the longest stall of image-stats took ${report.longestStallMs} ms`);
  return report;
}

/** Runs the faults and expects that every image has exactly one event and its renditions. */
export async function survives(
  options: Pick<KillTestOptions, 'images' | 'faults' | 'seed'>,
): Promise<KillTestReport> {
  const report = await runFaults(options);
  const { images } = options;
  expect(report).toMatchObject({
    verdict: { sent: images, missing: 0, double: 0, renditionsMissing: 0 },
    notes: [],
    surprises: [],
  });
  return report;
}
