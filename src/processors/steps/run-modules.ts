import sharp from 'sharp';
import type { Picture } from '../drawing/picture.ts';
import type { Limits } from '../guard/guard.ts';
import { type Pipeline, pipelineId } from '../pipeline.ts';
import { Refusal } from '../refusal.ts';
import type { ImageFacts, Rendition } from '../types.ts';
import { stepFailed } from './answer.ts';
import { takeRenditions } from './extra-renditions.ts';
import { type RawImage, runModule } from './plug-in.ts';
import { type ModuleStep, type StepReport, stepName } from './step.ts';

/** What steps in the worker share. */
export interface StepsContext {
  readonly facts: ImageFacts;
  readonly limits: Limits;
  readonly pipeline: Pipeline;
  /** What steps did; those that run add to it. */
  readonly reports: StepReport[];
  /** Renditions that steps made besides; those that run add to it. */
  readonly extra: Rendition[];
  /** Names of those of former stretches. */
  readonly taken: readonly string[];
  /** Told when a module begins, and with nothing when it has ended. */
  readonly onModule: (step: ModuleStep | undefined) => void;
}

/** Runs modules on the picture from step `first` to the end or to a step outside of the worker. Throws a Refusal. */
export async function runModules(
  picture: Picture,
  first: number,
  context: StepsContext,
): Promise<{ readonly picture: Picture; readonly next: number }> {
  const { steps } = context.pipeline;
  let reached = picture;
  let next = first;
  for (let step = steps[next]; step?.step === 'module'; step = steps[++next]) {
    reached = await runOne(step, reached, context);
  }
  return { picture: reached, next };
}

async function runOne(step: ModuleStep, picture: Picture, context: StepsContext): Promise<Picture> {
  const name = stepName(step);
  const startedMs = performance.now();
  let outputBytes = 0;
  const report = (outcome: StepReport['outcome']) => {
    const durationMs = Math.round(performance.now() - startedMs);
    const memoryBytes = process.resourceUsage().maxRSS * 1024;
    context.reports.push({ name, step: 'module', outcome, durationMs, outputBytes, memoryBytes });
  };
  context.onModule(step);
  try {
    const answer = await runModule(step, picture.image, context.facts, pipelineId(context.pipeline));
    const renditions = await Promise.all(
      Object.entries(answer.renditions ?? {}).flatMap(([rendition, body]) => {
        if (!body) return [];
        const encoding = Buffer.isBuffer(body) ? Promise.resolve(body) : encoded(body);
        return [encoding.then((bytes) => ({ name: rendition, body: bytes }))];
      }),
    );
    context.extra.push(...(await takeRenditions(name, renditions, context)));
    outputBytes = renditions.reduce((sum, { body }) => sum + body.length, answer.image?.data.length ?? 0);
    report(answer.image || renditions.length > 0 ? 'changed' : 'unchanged');
    if (!answer.image) return picture;
    const { height, pageHeight } = answer.image.info;
    if (height > pageHeight && !picture.timing)
      throw stepFailed(name, `it returned ${height / pageHeight} frames for a picture that does not move`);
    return replaced(picture, { ...picture, image: answer.image });
  } catch (error) {
    report(error instanceof Refusal ? error.outcome : 'failed');
    throw error;
  } finally {
    context.onModule(undefined);
  }
}

/** A step that crops makes a new original; one that does not must not cost a pixel of precision. */
export function replaced(before: Picture, { image, timing }: Pick<Picture, 'image' | 'timing'>): Picture {
  const { width, pageHeight } = image.info;
  const same = width === before.image.info.width && pageHeight === before.image.info.pageHeight;
  return { ...before, image, timing, original: same ? before.original : { width, height: pageHeight } };
}

function encoded({ data, info: { pageHeight: _, ...raw } }: RawImage): Promise<Buffer> {
  return sharp(data, { raw, limitInputPixels: false }).png().toBuffer();
}
