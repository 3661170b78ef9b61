// Pictures as the workers decode them.
import type { Sharp } from 'sharp';
import type { RawImage } from '../../../src/processors/steps/plug-in.ts';

export async function rawImage(picture: Sharp, frames = 1): Promise<RawImage> {
  const { data, info } = await picture
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4)
    throw new Error(`${channels} channels`);
  return { data, info: { width, height, channels, pageHeight: height / frames } };
}
