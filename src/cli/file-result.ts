import type { StepReport } from '../processors/index.ts';

/** A derived picture of a file, as `darkroom try` tells of it. */
export interface RenditionResult {
  readonly name: string;
  /** Of the file that was written, from the working folder. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly contentType: string;
  /** On its encoder's scale, where that has one. */
  readonly quality?: number;
  /** Mean SSIM of luma, where it was sought. */
  readonly similarity?: number;
}

/** What became of one file; one line of `darkroom try --json`. */
export interface FileResult {
  readonly file: string;
  readonly outcome: 'processed' | 'rejected' | 'failed';
  /** See docs/errors.md; null when the file was processed. */
  readonly code: string | null;
  readonly reason: string | null;
  /** The format that the bytes show, `unknown` where none. */
  readonly type: string;
  readonly bytes: number;
  /** Pixels after EXIF orientation; null where nobody could tell. */
  readonly width: number | null;
  readonly height: number | null;
  readonly frames: number | null;
  readonly hasAlpha: boolean | null;
  readonly sha256: string | null;
  /** Facts as in the event, see docs/facts.md; null where nobody could tell. */
  readonly megapixels: number | null;
  readonly colourSpace: string | null;
  readonly orientation: number | null;
  readonly hasLocation: boolean | null;
  readonly cameraMake: string | null;
  readonly cameraModel: string | null;
  readonly dominantColour: string | null;
  readonly palette: readonly string[] | null;
  readonly thumbHash: string | null;
  readonly perceptualHash: string | null;
  readonly imageId: string | null;
  readonly pipeline: string | null;
  readonly durationMs: number;
  /** What each step of the pipeline did, in order. */
  readonly steps: readonly StepReport[];
  readonly renditions: readonly RenditionResult[];
  /** What lies on the dead letter topic for it. */
  readonly deadLetter: { readonly topic: string; readonly headers: Readonly<Record<string, string>> } | null;
}

/** `3.4 MB`, with decimal units as file managers show them. */
export function humanBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `1 image`, `2 images`. */
export const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
