import sharp from 'sharp';

const WIDTH_PX = 640;
const HEIGHT_PX = 480;
const BASES = 6;

/**
 * Small JPEGs, each of other bytes. A few pictures are encoded; each image is one of them with a comment of its own, so
 * hundreds cost no more than a few.
 */
export async function imageMaker(): Promise<(index: number, label: string) => Buffer> {
  const bases = await Promise.all(Array.from({ length: BASES }, (_, i) => picture(i)));
  return (index, label) => withComment(bases[index % BASES] ?? Buffer.alloc(0), `${label} ${index}`);
}

function picture(index: number): Promise<Buffer> {
  const hue = Math.round((360 / BASES) * index);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH_PX}" height="${HEIGHT_PX}">` +
    `<rect width="100%" height="100%" fill="hsl(${hue},60%,70%)"/>` +
    `<circle cx="320" cy="240" r="${90 + 20 * index}" fill="hsl(${hue},80%,35%)"/></svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 80 }).toBuffer();
}

/** Puts a COM segment (ITU T.81, B.2.4.5) behind the start-of-image marker. */
function withComment(jpeg: Buffer, comment: string): Buffer {
  const text = Buffer.from(comment);
  const head = Buffer.from([0xff, 0xfe, 0, 0]);
  head.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, text, jpeg.subarray(2)]);
}
