import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { identify } from '../../../../src/processors/index.ts';
import { RENDITION_FORMATS } from '../../../../src/processors/types.ts';
import {
  animation,
  decoded,
  drawnOf,
  encoded,
  FRAME_COLOURS,
  HEIGHT,
  halfTransparent,
  photograph,
  sourceOf,
  WIDTH,
} from './pictures.ts';

const MEDIA_TYPES = {
  jpeg: ['jpg', 'image/jpeg'],
  png: ['png', 'image/png'],
  webp: ['webp', 'image/webp'],
  avif: ['avif', 'image/avif'],
  gif: ['gif', 'image/gif'],
} as const;

const near = (pixel: readonly number[], wanted: readonly number[], within = 12) => {
  expect(pixel).toHaveLength(wanted.length);
  for (const [channel, value] of wanted.entries()) {
    expect(Math.abs((pixel[channel] ?? Number.NaN) - value), `${pixel} near ${wanted}`).toBeLessThanOrEqual(
      within,
    );
  }
};

describe.each(RENDITION_FORMATS)('%s', (format) => {
  it('is written as what it says it is', async () => {
    const written = await encoded(await photograph(), { format });
    const [extension, contentType] = MEDIA_TYPES[format];
    expect(written).toMatchObject({ format, extension, contentType, width: WIDTH, height: HEIGHT });
    expect(identify(written.body)).toBe(format);
    expect([written.header.width, written.header.height]).toEqual([WIDTH, HEIGHT]);
  });

  it('has equal bytes for equal pixels', async () => {
    const spec = { format, keepCopyright: true } as const;
    const source = await sourceOf('jpeg', { copyright: { copyright: 'Jane Doe', artist: 'Jane' } });
    const drawn = await photograph();
    const first = await encoded(drawn, spec, source);
    expect((await encoded(drawn, spec, source)).body.equals(first.body)).toBe(true);
  });

  it('holds a single pixel, and sides that are odd', async () => {
    for (const [width, height] of [
      [1, 1],
      [1, 9],
      [33, 7],
    ] as const) {
      const grey = Buffer.alloc(width * height * 3, 100);
      const { body, header } = await encoded(drawnOf(grey, { width, height, channels: 3 }), { format });
      expect([header.width, header.height]).toEqual([width, height]);
      near((await decoded(body)).at(0, 0).slice(0, 3), [100, 100, 100], 4);
    }
  });

  it('puts the background behind transparency, or keeps it', async () => {
    const { body } = await encoded(halfTransparent(), { format, background: '#00ff80' });
    const { at, info } = await decoded(body);
    if (format === 'jpeg') {
      expect(info.channels).toBe(3);
      near(at(10, 60), [255, 0, 0]);
      near(at(150, 60), [0, 255, 128]);
    } else {
      near(at(10, 60), [255, 0, 0, 255]);
      expect(at(150, 60)[3]).toBe(0);
    }
  });

  it('keeps all frames with their times, or has the first', async () => {
    const drawn = animation();
    const all = await encoded(drawn, { format });
    const first = await encoded(drawn, { format, frames: 'first' });
    expect([all.width, all.height]).toEqual([40, 30]);
    if (format === 'gif' || format === 'webp') {
      expect(all.header).toMatchObject({ pages: 3, pageHeight: 30, delay: [50, 100, 150], loop: 2 });
      const { at } = await decoded(all.body, true);
      for (const [frame, colour] of FRAME_COLOURS.entries()) {
        near(at(20, frame * 30 + 15).slice(0, 3), colour);
      }
    } else {
      expect(all.header.pages ?? 1).toBe(1);
    }
    expect(first.header.pages ?? 1).toBe(1);
    for (const { body } of [all, first]) {
      const { at, info } = await decoded(body);
      expect([info.width, info.height]).toEqual([40, 30]);
      near(at(20, 15).slice(0, 3), FRAME_COLOURS[0]);
    }
  });

  it('has no alpha that nothing needs', async () => {
    const opaque = drawnOf(
      Buffer.alloc(64 * 64 * 4, 200),
      { width: 64, height: 64, channels: 4 },
      { hasAlpha: false },
    );
    // libvips writes and reads every GIF with a transparent entry of the palette.
    if (format !== 'gif') expect((await encoded(opaque, { format })).header.hasAlpha).toBe(false);
  });

  it('is interlaced where that is asked for and it can be', async () => {
    const drawn = await photograph();
    const progressive = await encoded(drawn, { format, progressive: true });
    const plain = await encoded(drawn, { format });
    expect(plain.header.isProgressive).toBe(false);
    expect(progressive.header.isProgressive).toBe(format === 'jpeg' || format === 'png');
    if (format === 'png') {
      expect((await decoded(progressive.body)).data.equals((await decoded(plain.body)).data)).toBe(true);
    }
  });
});

describe('JPEG and AVIF', () => {
  it('have chroma at half the size below quality 90, in full from there', async () => {
    const drawn = await photograph();
    for (const format of ['jpeg', 'avif'] as const) {
      for (const [quality, subsampling] of [
        [89, '4:2:0'],
        [90, '4:4:4'],
      ] as const) {
        const { header } = await encoded(drawn, { format, quality });
        expect(header.chromaSubsampling ?? chromaOfAvif(await encoded(drawn, { format, quality }))).toBe(
          subsampling,
        );
      }
    }
  });
});

/** From the bits of av1C: chroma_subsampling_x and y. */
function chromaOfAvif({ body }: { body: Buffer }): string {
  const at = body.indexOf('av1C');
  const bits = body[at + 6] ?? 0;
  return (bits & 0b1100) === 0b1100 ? '4:2:0' : '4:4:4';
}

describe('a grey picture', () => {
  const grey = Buffer.from(Array.from({ length: 64 * 64 }, (_, index) => index % 251));
  const size = { width: 64, height: 64 };

  it('is written in one channel where the format has that', async () => {
    const colour = drawnOf(grey, { ...size, channels: 1 });
    const drawn = { ...colour, image: () => colour.image().toColourspace('b-w') };
    for (const format of ['jpeg', 'png'] as const) {
      expect((await encoded(drawn, { format })).header.channels).toBe(1);
    }
    const { body } = await encoded(drawn, { format: 'png' });
    expect((await sharp(body).toColourspace('b-w').raw().toBuffer()).equals(grey)).toBe(true);
  });

  it('keeps its transparency, also when it was made grey at last', async () => {
    const colour = halfTransparent();
    const drawn = { ...colour, image: () => colour.image().greyscale() };
    for (const format of ['png', 'webp', 'avif'] as const) {
      const { at, info } = await decoded((await encoded(drawn, { format })).body);
      expect(at(150, 60)[info.channels - 1]).toBe(0);
      expect(at(10, 60)[info.channels - 1]).toBe(255);
    }
  });
});

describe('what was drawn', () => {
  it('is refused as a fault of ours when it is not of the size that it says', async () => {
    const drawn = { ...(await photograph()), width: WIDTH + 1 };
    await expect(encoded(drawn, {})).rejects.toThrow(/drawn are 160 × 120 pixels, not 1 frames of 161 × 120/);
  });

  it('is flattened after all of it is drawn, whatever is laid over or around it', async () => {
    const frame = { top: 10, bottom: 10, left: 10, right: 10, background: '#00000000' };
    const drawn = {
      ...halfTransparent(),
      image: () => halfTransparent().image().extend(frame),
      width: WIDTH + 20,
      height: HEIGHT + 20,
    };
    const { at } = await decoded((await encoded(drawn, { format: 'jpeg', background: '#0000ff' })).body);
    near(at(2, 2), [0, 0, 255]);
    near(at(20, 60), [255, 0, 0]);
  });

  it('is not read as sRGB twice: PNG gives back every pixel', async () => {
    const drawn = await photograph();
    const pixels = await drawn.image().raw().toBuffer();
    const { body } = await encoded(drawn, { format: 'png' });
    expect((await sharp(body).raw().toBuffer()).equals(pixels)).toBe(true);
  });
});
