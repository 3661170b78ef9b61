import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Motif, scene } from '../../../dev/samples/scene.ts';
import { perceptualDistance, perceptualHash } from '../../../src/processors/facts/perceptual-hash.ts';
import { smallPicture } from '../../../src/processors/facts/small-picture.ts';
import { rawImage } from './raw-image.ts';

const MOTIFS = ['mountains', 'sea', 'shapes'] as const satisfies readonly Motif[];
const SEEDS = [1, 2, 3, 4];

const hashOf = async (image: Sharp | Buffer) =>
  perceptualHash(smallPicture(await rawImage(Buffer.isBuffer(image) ? sharp(image) : image)));

/** The same picture, as it may come a second time. */
const COPIES: Readonly<Record<string, (picture: Sharp) => Sharp>> = {
  'JPEG of quality 20': (picture) => picture.jpeg({ quality: 20 }),
  'WebP of quality 50': (picture) => picture.webp({ quality: 50 }),
  'half as large': (picture) => picture.resize(400).jpeg({ quality: 75 }),
  'twice as large': (picture) => picture.resize(1600).jpeg({ quality: 75 }),
  'a thumbnail of 80 pixels': (picture) => picture.resize(80).jpeg({ quality: 80 }),
  'a little brighter': (picture) => picture.modulate({ brightness: 1.1 }).jpeg(),
  'a little sharper': (picture) => picture.sharpen({ sigma: 1 }).jpeg(),
};

describe('the perceptual hash', () => {
  const pictures: { name: string; png: Buffer; hash: string }[] = [];
  beforeAll(async () => {
    for (const motif of MOTIFS) {
      for (const seed of SEEDS) {
        const png = await (await scene(motif, seed, 800, 600)).png({ compressionLevel: 1 }).toBuffer();
        pictures.push({ name: `${motif} ${seed}`, png, hash: await hashOf(png) });
      }
    }
  }, 60_000);

  it.each(Object.entries(COPIES))(
    'differs in 6 bits at most from that of a copy: %s',
    async (_what, copy) => {
      for (const { name, png, hash } of pictures) {
        const bytes = await copy(sharp(png)).toBuffer();
        expect(perceptualDistance(hash, await hashOf(bytes)), name).toBeLessThanOrEqual(6);
      }
    },
  );

  it('differs in 8 bits at least from that of another picture, in 20 or more from most', () => {
    const distances = pictures.flatMap(({ hash }, index) =>
      pictures.slice(index + 1).map((other) => perceptualDistance(hash, other.hash)),
    );
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(8);
    expect(distances.filter((distance) => distance >= 20).length).toBeGreaterThan(distances.length * 0.7);
  });

  it('differs from that of the picture upside down or mirrored', async () => {
    for (const { name, png, hash } of pictures) {
      for (const turned of [sharp(png).flop(), sharp(png).flip(), sharp(png).rotate(90)]) {
        expect(perceptualDistance(hash, await hashOf(turned)), name).toBeGreaterThanOrEqual(8);
      }
    }
  });

  it('has 64 bits, zeros for what is flat, and the lowest frequencies first', async () => {
    for (const { hash } of pictures) expect(hash).toMatch(/^[\da-f]{16}$/);
    const flat = sharp({ create: { width: 30, height: 20, channels: 3, background: '#7f3010' } });
    expect(await hashOf(flat)).toBe('0000000000000000');
    const ramp = (across: number, down: number) =>
      sharp(
        Buffer.from(
          Array.from(
            { length: 64 * 64 },
            (_, at) => 128 + across * ((at % 64) - 32) + down * ((at >> 6) - 32),
          ),
        ),
        { raw: { width: 64, height: 64, channels: 1 } },
      );
    // The cosine of frequency 1 falls from left to right, and from top to bottom.
    expect(BigInt(`0x${await hashOf(ramp(-2, 0))}`) >> 62n).toBe(0b10n);
    expect(BigInt(`0x${await hashOf(ramp(0, -2))}`) >> 62n).toBe(0b01n);
    expect(BigInt(`0x${await hashOf(ramp(1, 1))}`) >> 62n).toBe(0b00n);
  });

  it('is told of the smallest and of the narrowest picture', async () => {
    for (const [width, height] of [
      [1, 1],
      [2, 1],
      [1, 9],
      [3, 2_000],
      [2_000, 3],
    ] as const) {
      const picture = sharp({ create: { width, height, channels: 3, background: '#fff' } });
      expect(await hashOf(picture), `${width} × ${height}`).toBe('0000000000000000');
    }
  });
});

describe('the distance of two hashes', () => {
  it('is the number of bits in which they differ', () => {
    expect(perceptualDistance('00000000000000ff', '00000000000000ff')).toBe(0);
    expect(perceptualDistance('8000000000000001', '0000000000000000')).toBe(2);
    expect(perceptualDistance('ffffffffffffffff', '0000000000000000')).toBe(64);
  });
});
