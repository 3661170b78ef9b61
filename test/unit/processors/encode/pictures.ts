import exif from 'exif-reader';
import sharp, { type Sharp } from 'sharp';
import { makePhotograph } from '../../../../dev/samples/index.ts';
import type { Drawn, Source } from '../../../../src/processors/drawn.ts';
import { encode } from '../../../../src/processors/encode.ts';
import { RENDITION_DEFAULTS, type RenditionSpec } from '../../../../src/processors/pipeline.ts';
import type { ImageFormat } from '../../../../src/processors/types.ts';

export const WIDTH = 160;
export const HEIGHT = 120;

/** A spec with what is said, and defaults for the rest. */
export const specOf = (spec: Partial<RenditionSpec>): RenditionSpec => ({
  ...RENDITION_DEFAULTS,
  name: 'shown',
  ...spec,
});

/** A source of that format, all else about it unknown. */
export async function sourceOf(format: ImageFormat = 'jpeg', more: Partial<Source> = {}): Promise<Source> {
  const header = await solid('#123456').jpeg().toBuffer();
  const facts = {
    format,
    bytes: 1,
    width: 1,
    height: 1,
    frames: 1,
    hasAlpha: false,
    sha256: '',
    megapixels: 0,
    colourSpace: 'srgb',
  };
  return { facts, header: await sharp(header).metadata(), ...more };
}

export const solid = (background: string, width = 8, height = 8): Sharp =>
  sharp({ create: { width, height, channels: 3, background } });

/** Raw pixels as something drawn; `height` is one frame's. */
export function drawnOf(
  data: Buffer,
  { width, height, channels }: { width: number; height: number; channels: 1 | 2 | 3 | 4 },
  more: Partial<Drawn> = {},
): Drawn {
  const frames = more.frames ?? 1;
  const raw = { width, height: height * frames, channels, ...(frames > 1 && { pageHeight: height }) };
  return {
    image: () => sharp(data, { raw, animated: frames > 1 }),
    width,
    height,
    frames,
    hasAlpha: channels === 2 || channels === 4,
    ...more,
  };
}

/** A photograph, opaque, with grain. */
export async function photograph(width = WIDTH, height = HEIGHT): Promise<Drawn> {
  const data = await sharp(await makePhotograph(1, 1600, 1200))
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer();
  return drawnOf(data, { width, height, channels: 3 });
}

/** Red on the left, transparent on the right. */
export function halfTransparent(): Drawn {
  const data = Buffer.alloc(WIDTH * HEIGHT * 4);
  for (let pixel = 0; pixel < WIDTH * HEIGHT; pixel++) {
    if (pixel % WIDTH < WIDTH / 2) data.writeUInt32BE(0xff0000ff, pixel * 4);
  }
  return drawnOf(data, { width: WIDTH, height: HEIGHT, channels: 4 });
}

export const FRAME_COLOURS = [
  [200, 0, 0],
  [0, 160, 0],
  [0, 0, 220],
] as const;

/** Three frames of one colour each, shown for 50, 100 and 150 ms, twice. */
export function animation(width = 40, height = 30): Drawn {
  const frames = FRAME_COLOURS.map((colour) => Buffer.alloc(width * height * 3, Buffer.from(colour)));
  return drawnOf(
    Buffer.concat(frames),
    { width, height, channels: 3 },
    { frames: frames.length, timing: { delay: [50, 100, 150], loop: 2 } },
  );
}

/** Decoded, of the first frame unless all are asked for. */
export async function decoded(body: Buffer, animated = false) {
  const { data, info } = await sharp(body, { animated }).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const from = (y * info.width + x) * info.channels;
    return [...data.subarray(from, from + info.channels)];
  };
  return { data, info, at };
}

/** What was encoded, with the header of its bytes. */
export async function encoded(drawn: Drawn, spec: Partial<RenditionSpec>, source?: Source) {
  const written = await encode(drawn, specOf(spec), source ?? (await sourceOf()));
  const header = await sharp(written.body, { animated: true }).metadata();
  return { ...written, header, exif: header.exif && exif(header.exif) };
}
