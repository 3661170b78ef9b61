import { scene } from './scene.ts';

/** This many different pictures; more photographs differ in their comment only, which makes their bytes unique. */
const PICTURES = 6;
const made = new Map<string, Promise<Buffer>>();

/**
 * A JPEG photograph, unique in its bytes for every seed: for kill tests and benchmarks, which need thousands. 4000 × 3000
 * has about 1.6 MB, 1600 × 1200 about 300 kB.
 */
export async function makePhotograph(seed: number, width: number, height: number): Promise<Buffer> {
  const picture = seed % PICTURES;
  const name = `${picture}:${width}x${height}`;
  const known = made.get(name) ?? take(picture, width, height);
  made.set(name, known);
  return withComment(await known, `photograph ${seed}`);
}

async function take(picture: number, width: number, height: number): Promise<Buffer> {
  const motif = (['mountains', 'city', 'sea'] as const)[picture % 3] ?? 'mountains';
  const photograph = await scene(motif, 1000 + picture, width, height, 0.09);
  return photograph.jpeg({ quality: 88 }).toBuffer();
}

/** Puts a COM segment behind the start of the image. */
function withComment(jpeg: Buffer, comment: string): Buffer {
  const text = Buffer.from(comment, 'latin1');
  const head = Buffer.from([0xff, 0xfe, 0, 0]);
  head.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, text, jpeg.subarray(2)]);
}
