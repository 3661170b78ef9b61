import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { isPictureAlone } from '../../../src/processors/steps/picture-alone.ts';
import { RENDITION_FORMATS, type RenditionFormat } from '../../../src/processors/types.ts';

const noise = () =>
  sharp({
    create: {
      width: 90,
      height: 70,
      channels: 4,
      background: '#0000',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  });
const encoded = (image: Sharp, format: RenditionFormat) => image.toFormat(format).toBuffer();

/** With a part put in at a place. */
const withPart = (bytes: Buffer, at: number, part: Buffer) =>
  Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
const TOLD = Buffer.from('GPSLatitude 52 31 12');
const length32 = (value: number, order: 'LE' | 'BE') => {
  const bytes = Buffer.alloc(4);
  if (order === 'LE') bytes.writeUInt32LE(value);
  else bytes.writeUInt32BE(value);
  return bytes;
};
const segment = (marker: number, body = TOLD) =>
  Buffer.concat([Buffer.from([0xff, marker, 0, body.length + 2]), body]);

/** Where something could be said in each format, besides what decoders tell of. */
const OTHERS: Readonly<Record<RenditionFormat, (bytes: Buffer) => readonly Buffer[]>> = {
  jpeg: (bytes) => [0xfe, 0xe3, 0xe2, 0xe0, 0xee].map((marker) => withPart(bytes, 2, segment(marker))),
  png: (bytes) => {
    const chunk = Buffer.concat([length32(TOLD.length, 'BE'), Buffer.from('prVt'), TOLD, Buffer.alloc(4)]);
    return [withPart(bytes, 33, chunk)];
  },
  webp: (bytes) => {
    const longer = Buffer.concat([bytes, Buffer.from('PRIV'), length32(TOLD.length, 'LE'), TOLD]);
    longer.writeUInt32LE(longer.length - 8, 4);
    return [longer];
  },
  gif: (bytes) => {
    const first = bytes.indexOf(Buffer.from([0x21, 0xf9, 0x04]));
    const comment = Buffer.concat([Buffer.from([0x21, 0xfe, TOLD.length]), TOLD, Buffer.of(0)]);
    const xmp = Buffer.concat([
      Buffer.from([0x21, 0xff, 11]),
      Buffer.from('XMP DataXMP'),
      comment.subarray(2),
    ]);
    return [withPart(bytes, first, comment), withPart(bytes, first, xmp)];
  },
  avif: (bytes) => [Buffer.concat([bytes, length32(8 + TOLD.length, 'BE'), Buffer.from('uuid'), TOLD])],
};

describe.each(RENDITION_FORMATS)('a file that is %s', (format) => {
  it('is its picture alone as encoders write it, with alpha, a profile, in motion and in scans', async () => {
    const frames = sharp([await noise().png().toBuffer(), await noise().png().toBuffer()], {
      join: { animated: true },
    });
    const files = [
      await encoded(noise(), format),
      await encoded(noise().flatten(), format),
      await encoded(noise().grayscale(), format),
      await encoded(noise().withIccProfile('p3'), format),
      ...(format === 'gif' || format === 'webp' ? [await encoded(frames, format)] : []),
      ...(format === 'jpeg' ? [await noise().jpeg({ progressive: true }).toBuffer()] : []),
      ...(format === 'png' ? [await noise().png({ palette: true, progressive: true }).toBuffer()] : []),
    ];
    for (const file of files) expect(isPictureAlone(file, format)).toBe(true);
  });

  it('is more with any other part, or bytes behind its end', async () => {
    const file = await encoded(noise().flatten(), format);
    for (const other of [...OTHERS[format](file), Buffer.concat([file, TOLD])])
      expect(isPictureAlone(other, format)).toBe(false);
  });

  it('is never mistaken where it is cut', async () => {
    const file = await encoded(noise().flatten(), format);
    for (let length = 16; length < file.length - 1; length += 7)
      expect(isPictureAlone(file.subarray(0, length), format)).toBe(false);
  });
});
