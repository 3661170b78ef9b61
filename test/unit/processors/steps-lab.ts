import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/processors/guard/guard.ts';
import { createDarkroom, type DarkroomOptions } from '../../../src/processors/isolation/isolation.ts';
import { type Pipeline, STANDARD_PIPELINE } from '../../../src/processors/pipeline.ts';
import type { StepRequest } from '../../../src/processors/steps/outside-step.ts';
import type { Step } from '../../../src/processors/steps/step.ts';
import type { Darkroom, Developed, Refused } from '../../../src/processors/types.ts';

/** A temporary folder that goes when the file's tests are over. */
export function folderOfTests(): string {
  const folder = mkdtempSync(join(tmpdir(), 'steps-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One darkroom for all tests of a file, with a pipeline of each name. */
export function darkroomOf(
  steps: Readonly<Record<string, readonly Step[]>>,
  options: Partial<DarkroomOptions> = {},
): Darkroom {
  const [first, ...others] = Object.entries(steps).map(
    ([name, own]): Pipeline => ({ ...STANDARD_PIPELINE, name, steps: own }),
  );
  if (!first) throw new Error('a darkroom needs a pipeline');
  const room = createDarkroom({
    workers: 2,
    deadlineMs: 30_000,
    workerMemoryBytes: 1024 ** 3,
    limits: DEFAULT_LIMITS,
    pipelines: [first, ...others],
    ...options,
  });
  afterAll(() => room.close());
  return room;
}

/** A picture of one colour. */
export function plain(background: string, width = 64, height = 48): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

/** What a step outside of the worker is asked, where the picture does not matter. */
export function requestOf(step: string): StepRequest {
  const facts = {
    ...({ format: 'png', bytes: 9, width: 64, height: 48, megapixels: 0.003072, frames: 1 } as const),
    ...{ hasAlpha: false, colourSpace: 'srgb', sha256: '' },
  };
  return { image: Buffer.from('a picture'), contentType: 'image/png', facts, pipeline: 'one@1', step };
}

/** A GIF of four frames. */
export async function moving(): Promise<Buffer> {
  const frames = await Promise.all(['#f00', '#0f0', '#00f', '#ff0'].map((colour) => plain(colour, 40, 30)));
  return sharp(frames, { join: { animated: true } })
    .gif({ delay: [100, 200, 300, 400] })
    .toBuffer();
}

export function processed(result: Developed | Refused): Developed {
  if (result.outcome === 'processed') return result;
  throw new Error(`${result.code}: ${result.reason}`);
}

export function refused(result: Developed | Refused): Refused {
  if (result.outcome !== 'processed') return result;
  throw new Error('it was processed');
}

/** The colour of the middle of a picture. */
export async function colourOf(body: Buffer | undefined): Promise<number[]> {
  const { data, info } = await sharp(body).raw().toBuffer({ resolveWithObject: true });
  const middle = (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2)) * info.channels;
  return [...data.subarray(middle, middle + 3)];
}
