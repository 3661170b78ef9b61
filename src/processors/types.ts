import type { StepReport } from './steps/step.ts';

/** Image formats that Darkroom can tell apart by their bytes. `unknown` is none of them. */
export type ImageFormat =
  | 'jpeg'
  | 'png'
  | 'webp'
  | 'gif'
  | 'avif'
  | 'heif'
  | 'tiff'
  | 'svg'
  | 'bmp'
  | 'jxl'
  | 'unknown';

/** What a camera says of itself. */
export interface Camera {
  readonly make?: string;
  readonly model?: string;
}

/** How a picture looks as it came, before any step: its first frame, upright, in sRGB. docs/facts.md says how each is made. */
export interface Look {
  /** `#rrggbb`, the first of the palette; absent where all is transparent. */
  readonly dominantColour?: string;
  /** Up to six colours, `#rrggbb`, the most frequent first; empty where all is transparent. */
  readonly palette: readonly string[];
  /** Base64. */
  readonly thumbHash: string;
  /** 64 bits, 16 lower-case hex digits; the number of bits in which two differ says how unlike their pictures are. */
  readonly perceptualHash: string;
}

/** What is known of an image, in pixels after EXIF orientation; all frames of an animation have one size. */
export interface ImageFacts {
  readonly format: ImageFormat;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  /** Millions of pixels of one frame. */
  readonly megapixels: number;
  readonly frames: number;
  readonly hasAlpha: boolean;
  /** How the file holds its pixels, by libvips' names: srgb (RGB of 8 bits, with whatever profile), rgb16, b-w, grey16, cmyk… */
  readonly colourSpace: string;
  /** 1 to 8, as EXIF says it; absent where it does not. */
  readonly orientation?: number;
  /** Whether EXIF or XMP said where it was taken; absent where they cannot be read. */
  readonly hasLocation?: boolean;
  /** Only where the policy allows it and EXIF or XMP says it. */
  readonly camera?: Camera;
  /** Lower-case hex of the content. */
  readonly sha256: string;
  /** Absent for what was not decoded. */
  readonly look?: Look;
}

/** Formats that a rendition can be written in. */
export const RENDITION_FORMATS = ['jpeg', 'png', 'webp', 'avif', 'gif'] as const;
export type RenditionFormat = (typeof RENDITION_FORMATS)[number];

/** One derived picture. */
export interface Rendition {
  /** Name in the pipeline: `large`, `medium`, `thumb`. */
  readonly name: string;
  readonly format: RenditionFormat;
  /** File name extension without the dot. */
  readonly extension: string;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly body: Buffer;
  /** That it was written with, on the scale of its encoder; absent where it is without loss or has a full palette. */
  readonly quality?: number;
  /** Mean SSIM of its brightness against the picture without loss, where the quality was sought by it. */
  readonly similarity?: number;
}

/** A picture that came out well. */
export interface Developed {
  readonly outcome: 'processed';
  readonly facts: ImageFacts;
  /** Name and version of the pipeline, `standard@1`. */
  readonly pipeline: string;
  /** What that pipeline does, where it may change under its version. */
  readonly fingerprint?: string;
  readonly renditions: readonly Rendition[];
  readonly durationMs: number;
  /** What each step did, in order; absent where there is none. */
  readonly steps?: readonly StepReport[];
}

/**
 * A picture that did not. `rejected`: the image's fault, the same bytes will be refused again. `failed`: ours or a
 * plug-in's (crash, hang, memory); another attempt may go well.
 */
export interface Refused {
  readonly outcome: 'rejected' | 'failed';
  /** Stable, in docs/errors.md: IMAGE_TOO_LARGE, FORMAT_NOT_ALLOWED, IMAGE_CORRUPT, WORKER_TIMEOUT… */
  readonly code: string;
  /** One sentence for a person; never holds image bytes or secrets. */
  readonly reason: string;
  readonly facts: Partial<ImageFacts>;
  readonly durationMs: number;
  /** What each step did that ran, the one that ended it included. */
  readonly steps?: readonly StepReport[];
}

/** What the owner of an image allows of what the service allows; it cannot allow more. */
export interface OwnLimits {
  readonly maxBytes?: number;
  /** Width × height, summed over all frames. */
  readonly maxPixels?: number;
  readonly maxFrames?: number;
  /** Width and height of one frame. */
  readonly maxSidePx?: number;
  /** Decoded bytes over all frames for each byte of the file. */
  readonly maxRatio?: number;
  /** What decoding takes, at the format's real cost. */
  readonly maxDecoderBytes?: number;
  readonly formats?: readonly string[];
}

/** A place in the picture as it is shown: 0 to 1 from the left and from the top, after EXIF orientation. */
export interface FocalPoint {
  readonly x: number;
  readonly y: number;
}

/** What is asked for one image. */
export interface DevelopOptions {
  readonly signal?: AbortSignal;
  /** What its owner allows of what the service allows. */
  readonly limits?: OwnLimits;
  /** Name of one of the pipelines; absent: the default one. */
  readonly pipeline?: string;
  /** What must stay in a crop. */
  readonly focalPoint?: FocalPoint;
  /** Formats that `best` may choose from; absent: all. */
  readonly renditionFormats?: readonly string[];
  /** Whether facts tell the camera's make and model. */
  readonly camera?: boolean;
}

/** The processors in one: identify, guard, transform, in a child process that may be killed. */
export interface Darkroom {
  /** Never rejects for what an image does; only for its own end (`close`) or an aborted signal. */
  develop(bytes: Buffer, options: DevelopOptions): Promise<Developed | Refused>;
  /** Worker processes now alive, for metrics and tests. */
  workers(): number;
  /** Ends every worker process. */
  close(): Promise<void>;
}
