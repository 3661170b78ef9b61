import { rgbaToThumbHash } from 'thumbhash';
import type { SmallPicture } from './small-picture.ts';

/** The ThumbHash of a picture (evanw.github.io/thumbhash), 5 to 25 bytes or so, in base64. */
export function thumbHash({ width, height, rgba }: SmallPicture): string {
  return Buffer.from(rgbaToThumbHash(width, height, rgba)).toString('base64');
}
