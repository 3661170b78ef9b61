import type { Picture } from '../drawing/picture.ts';
import type { ExtraRendition } from '../steps/answer.ts';
import type { RawImage } from '../steps/plug-in.ts';
import type { StepReport } from '../steps/step.ts';
import type { ImageFacts, Rendition } from '../types.ts';

/*
 * A pipeline with steps outside of the worker runs in stretches. A worker decodes, and works up to such a step; the picture
 * leaves it, encoded for the step and as it is for the case that the step answers nothing; the step runs where it runs; a worker
 * goes on with what came of it, and so on to the renditions.
 */

/** A picture without its pixels, which lie in a file. */
export type LaidDown = Omit<Picture, 'image'> & { readonly info: RawImage['info'] };

/** Where a worker goes on. */
export interface Resume {
  /** Index of the step that has answered. */
  readonly step: number;
  /** Of the image as it came. */
  readonly facts: ImageFacts;
  /** What that step was handed, raw, in the file at `picturePath`. */
  readonly picture: LaidDown;
  readonly picturePath: string;
  /** Lengths of what lies in the input file, one behind the other: the image as it came, then the answer's parts. */
  readonly originalBytes: number;
  readonly imageBytes?: number;
  readonly renditions: readonly { readonly name: string; readonly bytes: number }[];
  /** Names of renditions that steps have made before. */
  readonly taken: readonly string[];
}

/** What a step has answered, read from the input file. */
export interface Resumed {
  readonly at: Resume;
  readonly pixels: Buffer;
  readonly image?: Buffer;
  readonly renditions: readonly ExtraRendition[];
}

/** A stretch that ends at a step outside of the worker. */
export interface Paused {
  readonly outcome: 'paused';
  /** Index of the step that is to run. */
  readonly step: number;
  readonly facts: ImageFacts;
  readonly picture: Picture;
  /** For the step; undefined where it takes the original. */
  readonly handed?: Buffer;
  readonly contentType?: string;
  /** That steps of this stretch made besides. */
  readonly renditions: readonly Rendition[];
  readonly steps: readonly StepReport[];
  readonly durationMs: number;
}
