import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { develop } from '../../../src/processors/develop.ts';
import { readExif } from '../../../src/processors/facts/exif.ts';
import { DEFAULT_LIMITS } from '../../../src/processors/guard/guard.ts';
import { STANDARD_PIPELINE } from '../../../src/processors/pipeline.ts';
import type { Developed } from '../../../src/processors/types.ts';

const picture = () => sharp({ create: { width: 60, height: 40, channels: 3, background: '#a04020' } });
const GPS = {
  GPSLatitudeRef: 'N',
  GPSLatitude: '47/1 22/1 0/1',
  GPSLongitudeRef: 'E',
  GPSLongitude: '8/1 33/1 0/1',
};
const IFD0 = { Make: 'Fuji', Model: 'X100', Artist: 'Ada', Copyright: '(c) Ada 2026' };
const withBoth = () => picture().withExif({ IFD0, IFD3: GPS });
const exifOf = async (image: Buffer) => (await sharp(image).metadata()).exif ?? Buffer.alloc(0);

const packet = (inside: string, attributes = '') =>
  `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
xmlns:tiff="http://ns.adobe.com/tiff/1.0/"${attributes}>${inside}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
const xmp = (inside: string, attributes = '') => readExif({ xmp: Buffer.from(packet(inside, attributes)) });

/** A field of a TIFF structure: tag, type, count, and the four bytes of the value or its place. */
type Field = readonly [tag: number, type: number, count: number, value: number];

/** A block with one directory at 8; `announced`: how many fields it says that it has. */
function block(
  fields: readonly Field[],
  { length = 8_192, announced = fields.length, start = 8 } = {},
): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write('II*\0', 'latin1');
  bytes.writeUInt32LE(start, 4);
  bytes.writeUInt16LE(announced, 8);
  for (const [index, [tag, type, count, value]] of fields.entries()) {
    const at = 10 + 12 * index;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(type, at + 2);
    bytes.writeUInt32LE(count, at + 4);
    bytes.writeUInt32LE(value, at + 8);
  }
  return bytes;
}

/** A JPEG with the EXIF block behind its first marker. */
function withBlock(jpeg: Buffer, exif: Buffer): Buffer {
  const head = Buffer.from([0xff, 0xe1, 0, 0, ...Buffer.from('Exif\0\0', 'latin1')]);
  head.writeUInt16BE(exif.length + 8, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]);
}

/** The TIFF with one more field in its directory, which is written anew at its end: that of a location. */
function withLocation(tiff: Buffer): Buffer {
  const start = tiff.readUInt32LE(4);
  const count = tiff.readUInt16LE(start);
  const end = tiff.length + (tiff.length % 2);
  const fields = 2 + count * 12;
  const bytes = Buffer.alloc(end + fields + 12 + 4 + 18 + 24);
  tiff.copy(bytes);
  bytes.writeUInt32LE(end, 4);
  tiff.copy(bytes, end, start, start + fields);
  bytes.writeUInt16LE(count + 1, end);
  const gps = end + fields + 12 + 4;
  block([[0x8825, 4, 1, gps]]).copy(bytes, end + fields, 10, 22);
  block([[2, 5, 3, gps + 18]]).copy(bytes, gps, 8, 26);
  for (const [index, number] of [47, 1, 22, 1, 0, 1].entries())
    bytes.writeUInt32LE(number, gps + 18 + index * 4);
  return bytes;
}

const lcg = (seed: number) => {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % below;
  };
};

async function facts(bytes: Buffer, camera?: boolean): Promise<Developed['facts']> {
  const result = await develop(bytes, { limits: DEFAULT_LIMITS, pipeline: STANDARD_PIPELINE, camera });
  if (result.outcome !== 'processed') throw new Error(`${result.code}: ${result.reason}`);
  return result.facts;
}

describe('EXIF', () => {
  it.each(['jpeg', 'png', 'webp', 'avif'] as const)(
    'of a %s tells camera, location and copyright',
    async (format) => {
      const header = await sharp(await withBoth().toFormat(format).toBuffer()).metadata();
      expect(readExif(header)).toEqual({
        camera: { make: 'Fuji', model: 'X100' },
        hasLocation: true,
        copyright: { artist: 'Ada', copyright: '(c) Ada 2026' },
      });
    },
  );

  it('of a TIFF is looked up in the file', async () => {
    const latitude: Field = [2, 5, 3, 200];
    const tiff = block([
      [0x010f, 2, 4, 0x0043_4241],
      [0x8825, 4, 1, 100],
    ]);
    block([latitude]).copy(tiff, 100, 8, 22);
    tiff.writeUInt32LE(47, 200);
    tiff.writeUInt32LE(1, 204);
    expect(readExif({}, tiff)).toEqual({ camera: { make: 'ABC' }, hasLocation: true });
    expect(readExif({}, await picture().tiff().toBuffer())).toEqual({ hasLocation: false });
  });

  it('is read in both byte orders, with and without its preamble', async () => {
    const exif = await exifOf(await withBoth().jpeg().toBuffer());
    expect(exif.toString('latin1', 0, 8)).toBe('Exif\0\0II');
    expect(readExif({ exif: exif.subarray(6) })).toEqual(readExif({ exif }));
    const big = Buffer.alloc(26);
    big.write('MM\0*\0\0\0\x08\0\x01\x01\x0f\0\x02\0\0\0\x04ABC\0', 'latin1');
    expect(readExif({ exif: big })).toEqual({ camera: { make: 'ABC' }, hasLocation: false });
  });

  it('without a fix has no location: no directory, an empty one, or 0/0 for each number', async () => {
    const empty = await exifOf(
      await picture()
        .withExif({ IFD0, IFD3: { GPSVersionID: '2 3 0 0' } })
        .jpeg()
        .toBuffer(),
    );
    const zero = '0/0 0/0 0/0';
    const nowhere = await exifOf(
      await picture()
        .withExif({ IFD3: { GPSLatitude: zero, GPSLongitude: zero } })
        .jpeg()
        .toBuffer(),
    );
    const none = await exifOf(await picture().withExif({ IFD0 }).jpeg().toBuffer());
    for (const exif of [empty, nowhere, none]) expect(readExif({ exif }).hasLocation).toBe(false);
    expect(readExif({})).toEqual({ hasLocation: false });
  });

  it('has texts on one line, of two parts put together, cut where they go on and on', () => {
    const text = (value: string) => {
      const exif = block([[0x8298, 2, Buffer.byteLength(value), 100]]);
      exif.write(value, 100);
      return readExif({ exif }).copyright?.copyright;
    };
    expect(text(' Photographer\0Editor \0')).toBe('Photographer; Editor');
    expect(text('two\r\nlines\u0007 \0')).toBe('two lines');
    expect(text('  \0\0\0\0')).toBeUndefined();
    expect(text(`${'x'.repeat(499)}😀${'y'.repeat(4_000)}`)).toBe('x'.repeat(499));
    const latin1 = block([[0x8298, 2, 5, 100]]);
    latin1.write('Z\xfcri\0', 100, 'latin1');
    expect(readExif({ exif: latin1 }).copyright).toEqual({ copyright: 'Züri' });
  });

  it.each([
    ['no TIFF structure', Buffer.from('Exif\0\0nothing of the kind')],
    ['no directory', block([], { start: 0xffff_fff0 })],
    ['a directory that is cut off', block([[0x010f, 2, 4, 0x0043_4241]], { announced: 60_000 })],
    ['a location outside of the block', block([[0x8825, 4, 1, 0xffff_ff00]])],
    ['a location that is no place', block([[0x8825, 7, 4, 0]])],
    ['nothing', Buffer.alloc(0)],
  ])('that is broken leaves open whether there was a location: %s', (_what, exif) => {
    expect(readExif({ exif }).hasLocation).toBeUndefined();
    expect(readExif({ exif, xmp: Buffer.from(packet('', ' exif:GPSLatitude="47,22N"')) }).hasLocation).toBe(
      true,
    );
  });

  it('that points at itself, or says that each field is as long as the world, is read in no time', () => {
    const round = block([
      [0x8825, 4, 1, 8],
      [0x8769, 4, 1, 8],
    ]);
    const fields = Array.from(
      { length: 5_400 },
      (_, tag): Field => [tag + 0x100, (tag % 13) + 1, 0xffff_ffff, 8],
    );
    const wide = block(fields, { length: 64 * 1024 });
    const pointing = block(
      [0x010f, 0x0110, 0x013b, 0x8298].map((tag): Field => [tag, 2, 60_000, 8]),
      { length: 65_000 },
    );
    const startedMs = performance.now();
    for (const exif of [round, wide, pointing]) for (let n = 0; n < 20; n++) readExif({ exif });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('with any bytes changed, or cut anywhere, throws nothing and tells nothing but short texts', async () => {
    const exif = await exifOf(await withBoth().jpeg().toBuffer());
    const random = lcg(27);
    const startedMs = performance.now();
    for (let n = 0; n < 20_000; n++) {
      const spoilt = Buffer.from(exif);
      for (let change = 0; change <= random(8); change++) spoilt[random(spoilt.length)] = random(256);
      const cut = n % 2 ? spoilt : spoilt.subarray(0, random(spoilt.length));
      const { camera, copyright } = readExif({ exif: cut, xmp: n % 5 ? undefined : cut });
      for (const text of Object.values({ ...camera, ...copyright })) {
        expect(text).toMatch(/^[^\p{Cc}]{1,500}$/u);
      }
    }
    expect(performance.now() - startedMs).toBeLessThan(15_000);
  });
});

describe('XMP', () => {
  it('tells camera, location and copyright, as attributes or elements', () => {
    const rights =
      '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© A &amp; B&#x21;</rdf:li></rdf:Alt></dc:rights>';
    const creators = '<dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li>Bo</rdf:li></rdf:Seq></dc:creator>';
    expect(
      xmp(`<tiff:Make>Fuji</tiff:Make>${rights}${creators}`, ' tiff:Model="X100" exif:GPSLatitude="47,22N"'),
    ).toEqual({
      camera: { make: 'Fuji', model: 'X100' },
      hasLocation: true,
      copyright: { copyright: '© A & B!', artist: 'Ada; Bo' },
    });
    expect(xmp('<exif:GPSLongitude>8,33E</exif:GPSLongitude>').hasLocation).toBe(true);
    expect(xmp('<exif:GPSLongitude></exif:GPSLongitude>', ' exif:GPSLatitude=""')).toEqual({
      hasLocation: false,
    });
  });

  it('tells the rights in the language that is for all others, wherever it stands', () => {
    const rights = (...items: string[]) => `<dc:rights><rdf:Alt>${items.join('')}</rdf:Alt></dc:rights>`;
    const german = '<rdf:li xml:lang="de-DE">Alle Rechte</rdf:li>';
    const other = '<rdf:li xml:lang="x-default">All rights</rdf:li>';
    expect(xmp(rights(german, other)).copyright).toEqual({ copyright: 'All rights' });
    expect(xmp(rights(german)).copyright).toEqual({ copyright: 'Alle Rechte' });
  });

  it('gives way to EXIF, and fills in what that does not say', () => {
    const exif = block([[0x010f, 2, 4, 0x0043_4241]]);
    const both = readExif({ exif, xmp: Buffer.from(packet('', ' tiff:Make="Other" tiff:Model="M"')) });
    expect(both.camera).toEqual({ make: 'ABC', model: 'M' });
  });

  it('is read in UTF-16 where it says so', () => {
    const text = `\ufeff${packet('', ' exif:GPSLatitude="47,22N"')}`;
    expect(readExif({ xmp: Buffer.from(text, 'utf16le') }).hasLocation).toBe(true);
  });

  it.each([
    ['openings', '<rdf:li ', '<dc:rights>'],
    ['items', '<dc:rights><rdf:li>', ''],
    ['blanks', ' tiff:Make          ', ''],
    ['locations', ':GPSLatitude   ', ''],
    ['entities', '&#x41;&amp;', '<dc:rights><rdf:li>'],
  ])('of endless %s takes no time', (_what, piece, begin) => {
    const endless = Buffer.from(begin + piece.repeat(200_000));
    const startedMs = performance.now();
    readExif({ xmp: endless });
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('that is longer than is looked at leaves open whether there was a location', () => {
    expect(readExif({ xmp: Buffer.alloc(2 * 1024 * 1024, ' ') })).toEqual({});
  });
});

describe('an image', () => {
  it('tells its camera only where that is allowed', async () => {
    const image = await withBoth().jpeg().toBuffer();
    expect(await facts(image)).not.toHaveProperty('camera');
    expect(await facts(image, true)).toMatchObject({
      camera: { make: 'Fuji', model: 'X100' },
      hasLocation: true,
    });
  });

  it('tells whether a GIF has a location in its XMP, which no header shows', async () => {
    const gif = await picture().gif().toBuffer();
    const at = gif.indexOf(Buffer.from([0x21, 0xf9]));
    const located = (attributes: string) => {
      const text = Buffer.from(`XMP DataXMP${packet('', attributes)}<?xpacket end="w"?>`);
      // what makes any reader of blocks go through the text and come out behind it
      const trailer = Buffer.from([1, ...Array.from({ length: 256 }, (_, index) => 255 - index), 0]);
      return Buffer.concat([
        gif.subarray(0, at),
        Buffer.from([0x21, 0xff, 11]),
        text,
        trailer,
        gif.subarray(at),
      ]);
    };
    expect((await facts(located(' exif:GPSLatitude="47,22N"'))).hasLocation).toBe(true);
    expect((await facts(located(''))).hasLocation).toBe(false);
    expect((await facts(gif)).hasLocation).toBe(false);
  });

  it('tells whether a TIFF has a location, which its header does not show', async () => {
    const tiff = await picture().tiff().toBuffer();
    expect((await facts(tiff)).hasLocation).toBe(false);
    expect((await facts(withLocation(tiff))).hasLocation).toBe(true);
  });

  it('comes out well, whatever its EXIF is like', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const exif = await exifOf(await withBoth().jpeg().toBuffer());
    const random = lcg(6);
    const blocks = [
      block([], { start: 0xffff_fff0 }),
      block([[0x8825, 4, 1, 8]]),
      block(
        Array.from({ length: 5_000 }, (_, tag): Field => [tag, 2, 0xffff_ffff, 8]),
        { length: 65_000 },
      ),
      ...Array.from({ length: 40 }, () => exif.subarray(6).map((byte) => (random(12) ? byte : random(256)))),
    ];
    for (const spoilt of blocks) {
      const { width, height, look } = await facts(withBlock(jpeg, Buffer.from(spoilt)), true);
      expect([width, height].sort()).toEqual([40, 60]);
      expect(look?.perceptualHash).toBe('0000000000000000');
    }
  });
});
