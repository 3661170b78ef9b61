import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Copyright, Drawn } from '../../../../src/processors/drawn.ts';
import { RENDITION_FORMATS } from '../../../../src/processors/types.ts';
import { animation, decoded, encoded, HEIGHT, photograph, sourceOf, WIDTH } from './pictures.ts';

const GPS = {
  GPSLatitudeRef: 'N',
  GPSLatitude: '52/1 31/1 12/1',
  GPSLongitudeRef: 'E',
  GPSLongitude: '13/1 24/1 18/1',
};
const XMP =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="52,31.2N"/></rdf:RDF></x:xmpmeta>';
const COPYRIGHT: Copyright = { copyright: '© 2026 Jane Ärger <& Söhne> (Studio)', artist: 'Jane (J.) Ärger' };

/** Bytes of a picture that says where it was taken, twice, in Display P3. */
async function located(drawn: Drawn, format: 'jpeg' | 'webp'): Promise<Buffer> {
  const image = drawn
    .image()
    .withIccProfile('p3')
    .withExif({ IFD0: { Copyright: 'its own', Make: 'Camera' }, IFD3: GPS })
    .withXmp(XMP);
  return (
    format === 'jpeg' ? image.jpeg({ quality: 95 }) : image.webp({ lossless: true, ...drawn.timing })
  ).toBuffer();
}

/** Drawn straight from those bytes, as a pipeline that keeps colours is. */
async function drawnFrom(drawn: Drawn, format: 'jpeg' | 'webp'): Promise<Drawn> {
  const bytes = await located(drawn, format);
  return { ...drawn, ownColours: true, image: () => sharp(bytes, { animated: drawn.frames > 1 }) };
}

describe('location', () => {
  it('is in the picture that comes', async () => {
    const bytes = await located(await photograph(), 'jpeg');
    expect(bytes.includes('GPSLatitude')).toBe(true);
    expect(bytes.includes('Camera')).toBe(true);
    expect((await encoded(await photograph(), {})).exif).toBeUndefined();
    const { exif } = await encoded(
      await photograph(),
      { keepCopyright: true },
      await sourceOf('jpeg', { copyright: COPYRIGHT }),
    );
    expect(exif?.Image?.Copyright).toBeDefined();
  });

  const combinations = RENDITION_FORMATS.flatMap((format) =>
    [false, true].flatMap((keepIcc) =>
      [false, true].flatMap((keepCopyright) =>
        (['still', 'moving'] as const).map((kind) => ({ format, keepIcc, keepCopyright, kind })),
      ),
    ),
  );
  it.each(combinations)(
    'never survives: $format of a $kind picture, profile $keepIcc, copyright $keepCopyright',
    async ({ kind, ...spec }) => {
      const drawn =
        kind === 'still' ? await drawnFrom(await photograph(), 'jpeg') : await drawnFrom(animation(), 'webp');
      for (const copyright of [COPYRIGHT, undefined]) {
        const { body, header, exif } = await encoded(drawn, spec, await sourceOf('jpeg', { copyright }));
        expect(exif?.GPSInfo).toBeUndefined();
        expect(exif?.Image?.Make).toBeUndefined();
        const told = header.xmp?.toString() ?? '';
        expect(told).not.toContain('GPS');
        for (const word of ['GPSLatitude', '52,31.2N', 'Camera', 'its own'])
          expect(body.includes(word)).toBe(false);
      }
    },
  );
});

describe('keepCopyright', () => {
  it.each(['jpeg', 'png', 'webp', 'avif'] as const)('writes who made the picture into %s', async (format) => {
    const source = await sourceOf('jpeg', { copyright: COPYRIGHT });
    const { exif, header } = await encoded(await photograph(), { format, keepCopyright: true }, source);
    // ASCII, as EXIF is; parentheses survive
    expect(exif?.Image).toMatchObject({
      Copyright: '(C) 2026 Jane Arger <& Sohne> (Studio)',
      Artist: 'Jane (J.) Arger',
    });
    const xmp = header.xmp?.toString() ?? '';
    expect(xmp).toContain(
      '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 2026 Jane Ärger &lt;&amp; Söhne&gt; (Studio)</rdf:li></rdf:Alt></dc:rights>',
    );
    expect(xmp).toContain('<dc:creator><rdf:Seq><rdf:li>Jane (J.) Ärger</rdf:li></rdf:Seq></dc:creator>');
  });

  it('writes it into animations too', async () => {
    const source = await sourceOf('gif', { copyright: { artist: 'Jane' } });
    const { exif, header } = await encoded(animation(), { format: 'webp', keepCopyright: true }, source);
    expect(header.pages).toBe(3);
    expect(exif?.Image?.Artist).toBe('Jane');
    expect(exif?.Image?.Copyright).toBeUndefined();
  });

  it('writes nothing where it is not asked for, or nothing is known', async () => {
    const known = await sourceOf('jpeg', { copyright: COPYRIGHT });
    for (const [keepCopyright, source] of [
      [false, known],
      [true, await sourceOf()],
      [true, await sourceOf('jpeg', { copyright: { copyright: ' \n\0' } })],
    ] as const) {
      const { header } = await encoded(await photograph(), { keepCopyright }, source);
      expect([header.exif, header.xmp]).toEqual([undefined, undefined]);
    }
  });

  it('cuts what is too long, and takes out what XML cannot hold', async () => {
    const source = await sourceOf('jpeg', {
      copyright: { copyright: `a\0b\ud800\uffff${'x'.repeat(100_000)}` },
    });
    const { exif, header } = await encoded(await photograph(), { keepCopyright: true }, source);
    expect(exif?.Image?.Copyright).toHaveLength(500);
    expect(header.xmp?.toString()).toContain(`>a b\ufffd ${'x'.repeat(495)}</rdf:li>`);
  });
});

describe('keepIcc', () => {
  it.each(['jpeg', 'png', 'webp', 'avif'] as const)('keeps colours and profile in %s', async (format) => {
    const drawn = await drawnFrom(await photograph(), 'jpeg');
    const came = await sharp(await located(await photograph(), 'jpeg')).metadata();
    const kept = await encoded(drawn, { format, keepIcc: true, quality: 95 });
    expect(came.icc).toBeDefined();
    expect(kept.header.icc?.equals(came.icc ?? Buffer.alloc(0))).toBe(true);
    const turned = await encoded(drawn, { format, quality: 95 });
    expect(turned.header.icc).toBeUndefined();
    // Seen through its profile it is the same picture, as numbers it is another.
    const pixels = await decoded(kept.body);
    const bare = await sharp(kept.body, { ignoreIcc: true }).raw().toBuffer();
    const srgb = await decoded(turned.body);
    expect(meanDifference(pixels.data, srgb.data)).toBeLessThan(3);
    expect(meanDifference(bare, srgb.data)).toBeGreaterThan(meanDifference(pixels.data, srgb.data));
  });

  it('keeps them in an animated WebP', async () => {
    const kept = await encoded(await drawnFrom(animation(), 'webp'), { format: 'webp', keepIcc: true });
    expect(kept.header).toMatchObject({ pages: 3, delay: [50, 100, 150], loop: 2 });
    expect(kept.header.icc).toBeDefined();
  });

  it('works with a quality that is sought: it is measured on the colours as they are', async () => {
    const drawn = await drawnFrom(await photograph(), 'jpeg');
    const { header, similarity } = await encoded(drawn, { keepIcc: true, quality: { similarity: 0.95 } });
    expect(header.icc).toBeDefined();
    expect(similarity).toBeGreaterThanOrEqual(0.95);
    expect(similarity).toBeLessThan(0.97);
    const fits = await encoded(drawn, { keepIcc: true, quality: { maxBytes: 4000 } });
    expect(fits.header.icc).toBeDefined();
    expect(fits.body.length).toBeLessThanOrEqual(4000);
  });

  it('turns what has no profile, or one of other than RGB, into sRGB', async () => {
    const none = await encoded(await photograph(), { keepIcc: true });
    expect(none.header.icc).toBeUndefined();
    const cmyk = await (await photograph()).image().withIccProfile('cmyk').jpeg().toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const drawn = { ...(await photograph()), image: () => sharp(cmyk) };
    const { header, body } = await encoded(drawn, { keepIcc: true });
    expect(header).toMatchObject({ space: 'srgb', width: WIDTH, height: HEIGHT });
    // libvips leaves its own sRGB profile with what it has turned into sRGB
    expect(header.icc?.toString('latin1', 16, 20) ?? 'RGB ').toBe('RGB ');
    const shown = await decoded((await encoded(drawn, {})).body);
    expect(meanDifference((await decoded(body)).data, shown.data)).toBeLessThan(1);
  });
});

function meanDifference(one: Buffer, other: Buffer): number {
  expect(one.length).toBe(other.length);
  let sum = 0;
  for (const [at, value] of one.entries()) sum += Math.abs(value - (other[at] ?? 0));
  return sum / one.length;
}
