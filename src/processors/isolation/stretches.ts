import { rmSync } from 'node:fs';
import { type Pipeline, pipelineId } from '../pipeline.ts';
import { Refusal, toRefused } from '../refusal.ts';
import type { OutsideSteps } from '../steps/outside-steps.ts';
import { isOutside, type StepReport, stepName } from '../steps/step.ts';
import type { Developed, Refused, Rendition } from '../types.ts';
import { type LaidPaused, resumeAfter } from './laid-down.ts';
import type { Resume } from './stretch.ts';

/** A stretch that ended at a step outside, with what its output file held. */
export interface PickedUp {
  readonly laid: LaidPaused;
  /** Undefined: the step takes the original. */
  readonly handed?: Buffer;
  readonly renditions: readonly Rendition[];
}

export interface StretchesOptions {
  readonly pipeline: Pipeline;
  readonly outside: OutsideSteps;
  /** One stretch in a worker. Rejects with a Refusal when the worker was lost. */
  readonly work: (input: Buffer, resume?: Resume) => Promise<Developed | Refused | PickedUp>;
  readonly signal: AbortSignal;
}

/** An image in as many stretches as its pipeline has. Facts are those of the image as it came. */
export async function inStretches(
  bytes: Buffer,
  { pipeline, outside, work, signal }: StretchesOptions,
): Promise<Developed | Refused> {
  const startedMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedMs);
  const steps: StepReport[] = [];
  const renditions: Rendition[] = [];
  const files: string[] = [];
  let reached = await work(bytes);
  if ('outcome' in reached) return reached;
  try {
    for (;;) {
      const { laid, handed } = reached;
      files.push(laid.picturePath);
      steps.push(...laid.steps);
      renditions.push(...reached.renditions);
      const step = pipeline.steps[laid.step];
      if (!step || !isOutside(step)) throw new Error(`step ${laid.step} does not run outside of a worker`);
      const request = {
        image: handed ?? bytes,
        contentType: laid.contentType ?? `image/${laid.facts.format}`,
        facts: laid.facts,
        pipeline: pipelineId(pipeline),
        step: stepName(step),
      };
      const { report, end } = await outside.run(step, request, signal);
      steps.push(report);
      if (end instanceof Refusal) return { ...toRefused(end, laid.facts, elapsedMs()), steps };
      const { input, resume } = resumeAfter(
        laid,
        bytes,
        end,
        renditions.map(({ name }) => name),
      );
      try {
        reached = await work(input, resume);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return { ...toRefused(error, laid.facts, elapsedMs()), steps };
      }
      if (!('outcome' in reached)) continue;
      const whole = { durationMs: elapsedMs(), steps: [...steps, ...(reached.steps ?? [])] };
      return reached.outcome === 'processed'
        ? { ...reached, ...whole, renditions: [...reached.renditions, ...renditions] }
        : { ...reached, ...whole };
    }
  } finally {
    for (const file of files) rmSync(file, { force: true });
  }
}
