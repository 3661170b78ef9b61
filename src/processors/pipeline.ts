import type { Step } from './steps/step.ts';
import type { RenditionFormat } from './types.ts';

/** A side or corner of the box, or its middle. */
export const GRAVITIES = [
  ...(['centre', 'north', 'northeast', 'east', 'southeast'] as const),
  ...(['south', 'southwest', 'west', 'northwest'] as const),
] as const;
export type Gravity = (typeof GRAVITIES)[number];

/**
 * How the picture gets into its box. `inside`: all of it, in its proportions, no side longer than the box's. `cover`: the
 * box is full, what is too much is cut off. `contain`: as inside, and the rest of the box is background. `fill`: stretched.
 */
export const FITS = ['inside', 'cover', 'contain', 'fill'] as const;
export type Fit = (typeof FITS)[number];

/**
 * What a crop keeps (`cover`), or where the picture stands in its box (`contain`; a gravity only). `attention` and `entropy`
 * are libvips' own; `focal` keeps the focal point given with the image, the centre where none is.
 */
export type Position = Gravity | 'attention' | 'entropy' | 'focal';

/**
 * `auto`: JPEG for an opaque still, WebP for transparency or motion, which costs the least CPU. `keep`: the format that
 * came, where it can be written (else auto). `best`: the smallest that reaches the quality and that the policy permits.
 */
export type FormatChoice = RenditionFormat | 'auto' | 'keep' | 'best';

/**
 * A number from 1 to 100 on the encoder's scale; the lowest that reaches a similarity (mean SSIM of luma, 0 to 1, against
 * the same picture without loss); or the highest whose file has at most so many bytes.
 */
export type Quality = number | { readonly similarity: number } | { readonly maxBytes: number };

/** `#rrggbb` or `#rrggbbaa`. */
export type Colour = string;

/** Something laid over the picture, at last: an image file, or words. */
export type Watermark = (
  | { readonly image: string }
  | { readonly text: string; readonly colour: Colour; readonly font: string }
) & {
  readonly position: Gravity;
  /** 0 to 1. */
  readonly opacity: number;
  /** Longest side as a part of the rendition's shorter one, 0 to 1. */
  readonly scale: number;
  /** From the edges that it stands at; between tiles, the gap. */
  readonly marginPx: number;
  /** All over the picture. */
  readonly tiled: boolean;
};

/** A derived picture. What is absent is not done. Lengths are pixels of the rendition unless said otherwise. */
export interface RenditionSpec {
  /** Lower-case letters, digits and "-"; part of the object's key. */
  readonly name: string;
  /** The box; a side that is absent follows from the other, both absent: the picture's own size. */
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly fit: Fit;
  /** Whether a picture smaller than its box is made larger. */
  readonly enlarge: boolean;
  readonly position: Position;
  /** Behind transparency where the format has none, around a turned, padded or contained picture. */
  readonly background: Colour;
  readonly format: FormatChoice;
  readonly quality: Quality;
  /** Before all else: cut off edges that are alike, to within so many levels of 255. */
  readonly trim?: { readonly threshold: number };
  /** Degrees clockwise, before resizing; other than multiples of 90 leave corners of background. */
  readonly rotate?: number;
  /** Top to bottom. */
  readonly flip?: boolean;
  /** Left to right. */
  readonly flop?: boolean;
  readonly grayscale?: boolean;
  /** Sigma of a Gaussian, 0.3 to 1000. */
  readonly blur?: number;
  /** Sigma of the mask, 0.1 to 10. */
  readonly sharpen?: number;
  readonly watermark?: Watermark;
  /** Background around the picture, outside of the box. */
  readonly pad?: {
    readonly topPx: number;
    readonly rightPx: number;
    readonly bottomPx: number;
    readonly leftPx: number;
  };
  /** Whether motion is kept where the format can; else the first frame is taken. */
  readonly frames: 'all' | 'first';
  /** JPEG in scans, PNG interlaced. */
  readonly progressive?: boolean;
  /** Keep the colours as they are with their profile, instead of turning them into sRGB. */
  readonly keepIcc?: boolean;
  /** Keep copyright and artist of EXIF and XMP; nothing else of the metadata is ever kept. */
  readonly keepCopyright?: boolean;
}

/**
 * What is done with an image, as data. A change that changes bytes is a new version, for those who read the events. The
 * results' keys hold the fingerprint besides `name@version`, so that a change without a new version overwrites nothing.
 */
export interface Pipeline {
  readonly name: string;
  readonly version: number;
  readonly steps: readonly Step[];
  readonly renditions: readonly RenditionSpec[];
  /** Lower-case hex over all that it does, the content of the files that it names included; absent: nobody may change it. */
  readonly fingerprint?: string;
}

/** What a rendition is where it is not said. */
export const RENDITION_DEFAULTS = {
  fit: 'inside',
  enlarge: false,
  position: 'centre',
  background: '#ffffff',
  format: 'auto',
  quality: 80,
  frames: 'all',
} as const satisfies Partial<RenditionSpec>;

/** `standard@1`, as it stands in events and keys. */
export function pipelineId(pipeline: Pipeline): string {
  return `${pipeline.name}@${pipeline.version}`;
}

/** The pipeline of that name. Throws when there is none: callers check names that come from outside. */
export function pipelineNamed(pipelines: readonly Pipeline[], name: string): Pipeline {
  const found = pipelines.find((pipeline) => pipeline.name === name);
  if (!found) throw new Error(`there is no pipeline ${name}`);
  return found;
}

export const STANDARD_PIPELINE: Pipeline = {
  name: 'standard',
  version: 1,
  steps: [],
  renditions: [
    { ...RENDITION_DEFAULTS, name: 'large', widthPx: 1024, heightPx: 1024 },
    { ...RENDITION_DEFAULTS, name: 'medium', widthPx: 512, heightPx: 512 },
    { ...RENDITION_DEFAULTS, name: 'thumb', widthPx: 256, heightPx: 256 },
  ],
};
