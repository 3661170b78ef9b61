import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from 'thumbhash';
import { describe, expect, it } from 'vitest';
import { makePhotograph } from '../../../dev/samples/index.ts';
import { develop } from '../../../src/processors/develop.ts';
import { lookOf } from '../../../src/processors/facts/facts.ts';
import { smallPicture } from '../../../src/processors/facts/small-picture.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/processors/guard/guard.ts';
import { type Pipeline, STANDARD_PIPELINE } from '../../../src/processors/pipeline.ts';
import { rawImage } from './raw-image.ts';

const SIDES = { width: 200, height: 100 };
const flat = (background: string, size = SIDES) =>
  sharp({ create: { ...size, channels: background.length > 7 ? 4 : 3, background } });

/** Vertical bands, each as wide as its share says. */
function bands(
  shares: readonly (readonly [colour: string, share: number])[],
  width = 200,
  height = 100,
): Sharp {
  let left = 0;
  const rectangles = shares.map(([colour, share]) => {
    const rectangle = `<rect x="${left}" width="${share * width}" height="${height}" fill="${colour}"/>`;
    left += share * width;
    return rectangle;
  });
  return sharp(
    Buffer.from(
      `<svg width="${width}" height="${height}" shape-rendering="crispEdges">${rectangles.join('')}</svg>`,
    ),
  );
}

const look = async (picture: Sharp, frames = 1) => lookOf(await rawImage(picture, frames));
const hashBytes = (base64: string) => Buffer.from(base64, 'base64');

function near(colour: string | undefined, other: string): number {
  const levels = (text: string) => [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
  const [one, two] = [levels(colour ?? ''), levels(other)];
  return Math.max(...one.map((level, index) => Math.abs(level - (two[index] ?? 0))));
}

async function developed(
  bytes: Buffer,
  pipeline: Pipeline = STANDARD_PIPELINE,
  limits: Partial<Limits> = {},
) {
  return develop(bytes, { limits: { ...DEFAULT_LIMITS, ...limits }, pipeline });
}

async function factsOf(bytes: Buffer, pipeline?: Pipeline) {
  const result = await developed(bytes, pipeline);
  if (result.outcome !== 'processed') throw new Error(`${result.code}: ${result.reason}`);
  return result.facts;
}

describe('the palette', () => {
  it('has the colours of a picture, the most frequent first: that is the dominant one', async () => {
    const { dominantColour, palette } = await look(
      bands([
        ['#c02020', 0.2],
        ['#2030c0', 0.5],
        ['#20a040', 0.3],
      ]).removeAlpha(),
    );
    expect(dominantColour).toBe('#2030c0');
    expect(palette).toEqual(['#2030c0', '#20a040', '#c02020']);
  });

  it('has one colour for what is flat, six at most, and none for less than a fiftieth', async () => {
    expect((await look(flat('#804020'))).palette).toEqual(['#804020']);
    const many = ['#000000', '#ff0000', '#00ff00', '#0000ff', '#ffff00', '#ff00ff', '#00ffff', '#ffffff'];
    const { palette } = await look(bands(many.map((colour) => [colour, 1 / 8])));
    expect(palette).toHaveLength(6);
    expect(
      (
        await look(
          bands([
            ['#102030', 0.995],
            ['#ffffff', 0.005],
          ]),
        )
      ).palette,
    ).toHaveLength(1);
  });

  it('leaves transparent pixels out, and has nothing where all are', async () => {
    const half = await look(
      bands([
        ['#2030c0', 0.25],
        ['none', 0.75],
      ]),
    );
    expect(half).toMatchObject({ dominantColour: '#2030c0', palette: ['#2030c0'] });
    const nothing = await look(flat('#ff000000'));
    expect(nothing).not.toHaveProperty('dominantColour');
    expect(nothing).toMatchObject({
      palette: [],
      perceptualHash: '0000000000000000',
      thumbHash: expect.any(String),
    });
  });

  it('of grey is grey, with and without transparency', async () => {
    const grey = Buffer.alloc(64 * 48, 90);
    const raw = { data: grey, info: { width: 64, height: 48, pageHeight: 48, channels: 1 } } as const;
    expect(lookOf(raw).palette).toEqual(['#5a5a5a']);
    const data = Buffer.alloc(64 * 48 * 2, Buffer.from([90, 200]));
    expect(lookOf({ data, info: { ...raw.info, channels: 2 } }).palette).toEqual(['#5a5a5a']);
  });
});

describe('the ThumbHash', () => {
  it('is read by its own library as the picture that it was made of', async () => {
    const hash = hashBytes((await look(flat('#804020'))).thumbHash);
    const { r, g, b, a } = thumbHashToAverageRGBA(hash);
    for (const [level, given] of [
      [r, 0x80],
      [g, 0x40],
      [b, 0x20],
    ] as const) {
      expect(Math.abs(level * 255 - given)).toBeLessThan(8);
    }
    expect(a).toBe(1);
    expect(thumbHashToApproximateAspectRatio(hash)).toBeGreaterThan(1.4);
    const clear = thumbHashToAverageRGBA(hashBytes((await look(flat('#80402080'))).thumbHash));
    expect(clear.a).toBeCloseTo(0.5, 1);
  });
});

describe('the small picture', () => {
  it('fits into 64 × 64 and is never enlarged', async () => {
    const sizes = [
      [1000, 10],
      [10, 1000],
      [1, 1],
      [64, 64],
      [65, 64],
      [30, 20],
    ] as const;
    const small = await Promise.all(
      sizes.map(async ([width, height]) => smallPicture(await rawImage(flat('#123456', { width, height })))),
    );
    expect(small.map(({ width, height }) => [width, height])).toEqual([
      [64, 1],
      [1, 64],
      [1, 1],
      [64, 64],
      [64, 63],
      [30, 20],
    ]);
    for (const { rgba } of small) expect([...rgba.subarray(-4)]).toEqual([0x12, 0x34, 0x56, 255]);
  });

  it('takes no stripes for one of their colours, of whatever period', () => {
    for (const period of [2, 4, 8, 16, 32]) {
      for (const upright of [true, false]) {
        const data = Buffer.alloc(1024 * 1024);
        for (let at = 0; at < data.length; at++) {
          const along = upright ? at % 1024 : at >> 10;
          data[at] = along % period < period / 2 ? 255 : 0;
        }
        const { rgba } = smallPicture({
          data,
          info: { width: 1024, height: 1024, pageHeight: 1024, channels: 1 },
        });
        const mean = rgba.reduce((sum, level, index) => (index % 4 === 0 ? sum + level : sum), 0) / (64 * 64);
        expect(mean, `${period}, ${upright ? 'upright' : 'lying'}`).toBeGreaterThan(100);
        expect(mean, `${period}, ${upright ? 'upright' : 'lying'}`).toBeLessThan(155);
      }
    }
  });
});

describe('how an image looks', () => {
  it('is the same in each of the eight EXIF orientations', async () => {
    const upright = await sharp(await makePhotograph(3, 960, 640))
      .png({ compressionLevel: 1 })
      .toBuffer();
    const looks = [];
    for (let orientation = 1; orientation <= 8; orientation++) {
      const angle = [0, 0, 0, 180, 180, 90, 270, 270, 90][orientation] ?? 0;
      const rotated = sharp(await sharp(upright).rotate(angle).png({ compressionLevel: 1 }).toBuffer());
      const stored = [2, 4, 5, 7].includes(orientation) ? rotated.flop() : rotated;
      const facts = await factsOf(
        await stored.withMetadata({ orientation }).jpeg({ quality: 92 }).toBuffer(),
      );
      expect(facts).toMatchObject({ orientation, width: 960, height: 640, megapixels: 0.6144 });
      looks.push(facts.look);
    }
    expect(new Set(looks.map((one) => one?.perceptualHash)).size).toBe(1);
    const [first] = looks;
    for (const one of looks) expect(near(one?.dominantColour, first?.dominantColour ?? '')).toBeLessThan(6);
  });

  it('is that of the first frame of an animation', async () => {
    const colours = ['#c02020', '#2030c0', '#20a040'];
    const frames = await Promise.all(colours.map((colour) => flat(colour).png().toBuffer()));
    for (const format of ['gif', 'webp'] as const) {
      const moving = await sharp(frames, { join: { animated: true } })
        .toFormat(format, format === 'webp' ? { lossless: true } : {})
        .toBuffer();
      const facts = await factsOf(moving);
      expect(facts).toMatchObject({ frames: 3, width: 200, height: 100, megapixels: 0.02 });
      expect(near(facts.look?.dominantColour, '#c02020'), format).toBeLessThan(4);
      expect(facts.look?.palette, format).toHaveLength(1);
    }
  });

  it('is that of the image as it came, not as a plug-in made it', async () => {
    const step = { step: 'module', path: join(import.meta.dirname, 'plug-ins', 'invert.ts') } as const;
    const bytes = await flat('#c02020').png().toBuffer();
    const facts = await factsOf(bytes, { ...STANDARD_PIPELINE, steps: [step] });
    expect(facts).toEqual(await factsOf(bytes));
  });

  it('is known of nothing that was not decoded; what the header tells is', async () => {
    const bytes = await flat('#c02020').jpeg().toBuffer();
    const refused = await developed(bytes, STANDARD_PIPELINE, { maxPixels: 100 });
    expect(refused.outcome).toBe('rejected');
    expect(refused.facts).toMatchObject({
      width: 200,
      megapixels: 0.02,
      colourSpace: 'srgb',
      hasLocation: false,
    });
    expect(refused.facts).not.toHaveProperty('look');
  });

  it('costs less than 2 ms', async () => {
    const image = await rawImage(sharp(await makePhotograph(1, 1024, 768)));
    const times = Array.from({ length: 60 }, () => {
      const startedMs = performance.now();
      lookOf(image);
      return performance.now() - startedMs;
    });
    expect(Math.min(...times)).toBeLessThan(2);
  });
});

describe('the colour space', () => {
  it.each([
    ['srgb', () => flat('#c02020').jpeg()],
    ['b-w', () => flat('#c02020').toColourspace('b-w').jpeg()],
    ['cmyk', () => flat('#c02020').toColourspace('cmyk').jpeg()],
    ['rgb16', () => flat('#c02020').toColourspace('rgb16').png()],
  ])('is %s', async (colourSpace, picture) => {
    expect(await factsOf(await picture().toBuffer())).toMatchObject({ colourSpace });
  });
});
