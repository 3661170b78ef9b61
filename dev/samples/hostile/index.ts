import { makeBases } from './bases.ts';
import { damaged, noiseBehindMagic } from './damaged.ts';
import { hostileAnimations } from './gif-webp.ts';
import type { Hostile } from './hostile.ts';
import { hostileJpegs } from './jpeg.ts';
import { otherHostiles } from './others.ts';
import { hostilePngs } from './png.ts';
import { hostileTiffs } from './tiff.ts';

export type { Hostile } from './hostile.ts';

/** Several hundred hostile inputs, in one order; the same bytes for one seed and one version of sharp. */
export async function makeHostiles(seed: number): Promise<Hostile[]> {
  const bases = await makeBases(seed);
  return [
    ...damaged(bases, seed),
    ...noiseBehindMagic(seed),
    ...hostilePngs(),
    ...(await hostileAnimations()),
    ...hostileTiffs(),
    ...(await hostileJpegs(seed)),
    ...(await otherHostiles(bases)),
  ];
}
