import type { Metadata, Sharp } from 'sharp';
import type { ImageFacts } from './types.ts';

/** Timing of an animation, which raw pixels cannot carry. */
export interface Timing {
  /** Milliseconds a frame. */
  readonly delay?: number[];
  /** 0: for ever. */
  readonly loop?: number;
}

/** A rendition as it will look, not yet in any format. */
export interface Drawn {
  /**
   * A pipeline that gives the pixels, made anew at each call; ends without an output format. In sRGB, unless `keepIccProfile` is
   * asked of it and the rendition keeps its colours: then it reads PNG with the profile, whose decoder it needs.
   */
  readonly image: () => Sharp;
  /** Of one frame. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Whether any pixel may be transparent. */
  readonly hasAlpha: boolean;
  /** Drawn in the colours of its own profile, which `keepIccProfile` keeps. */
  readonly ownColours?: boolean;
  /** Whether its pixels are of brightness alone. */
  readonly isGrey: boolean;
  /** Only where frames > 1. */
  readonly timing?: Timing;
}

/** Who made the picture, as its EXIF says it. */
export interface Copyright {
  readonly copyright?: string;
  readonly artist?: string;
}

/** What encoding may ask of the image that a rendition comes from. */
export interface Source {
  readonly facts: ImageFacts;
  readonly header: Metadata;
  readonly copyright?: Copyright;
  /** Formats that `best` may choose from; absent: all. */
  readonly renditionFormats?: readonly string[];
}
