import { hash } from 'node:crypto';
import type { Metadata } from 'sharp';
import { identify } from '../guard/identify.ts';
import type { RawImage } from '../steps/plug-in.ts';
import type { ImageFacts, Look } from '../types.ts';
import type { Exif } from './exif.ts';
import { paletteOf } from './palette.ts';
import { perceptualHash } from './perceptual-hash.ts';
import { smallPicture } from './small-picture.ts';
import { thumbHash } from './thumb-hash.ts';

type FactsOfBytes = Pick<ImageFacts, 'bytes' | 'format' | 'sha256'>;

/** What can be told of any bytes without decoding them. */
export function factsOfBytes(bytes: Buffer): FactsOfBytes {
  return { bytes: bytes.length, format: identify(bytes), sha256: hash('sha256', bytes, 'hex') };
}

/** What the header tells besides; `camera`: whether its make and model may be told. */
export function factsOfHeader(
  seen: FactsOfBytes,
  header: Metadata,
  exif: Exif,
  camera: boolean | undefined,
): Omit<ImageFacts, 'look'> {
  const { width, height } = header.autoOrient;
  const orientation = header.orientation ?? 0;
  return {
    ...seen,
    width,
    height,
    megapixels: (width * height) / 1_000_000,
    frames: header.pages ?? 1,
    hasAlpha: header.hasAlpha,
    colourSpace: header.space,
    ...(orientation >= 1 && orientation <= 8 && { orientation }),
    ...(exif.hasLocation !== undefined && { hasLocation: exif.hasLocation }),
    ...(camera && exif.camera && { camera: exif.camera }),
  };
}

/** What only the decoded pixels tell, of the first frame. */
export function lookOf(image: RawImage): Look {
  const small = smallPicture(image);
  const palette = paletteOf(small);
  const [dominantColour] = palette;
  return {
    ...(dominantColour !== undefined && { dominantColour }),
    palette,
    thumbHash: thumbHash(small),
    perceptualHash: perceptualHash(small),
  };
}
