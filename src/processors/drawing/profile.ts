import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import type { RawImage } from '../steps/plug-in.ts';
import { framesOf, open } from './pixels.ts';

/** Where the chunks behind a PNG's IHDR begin. */
const BEHIND_HEADER = 33;

/**
 * Pixels with the profile that their colours are in. Raw pixels cannot carry one, and sharp turns colours into a profile that
 * it is given: so as uncompressed PNG files in memory, whose decoder must be there when the pipeline runs.
 */
export async function withProfile(image: RawImage, icc: Buffer): Promise<() => Sharp> {
  const files: Buffer[] = [];
  for (const frame of framesOf(image)) {
    const png = await open(frame).png({ compressionLevel: 0 }).toBuffer();
    files.push(
      Buffer.concat([png.subarray(0, BEHIND_HEADER), profileChunk(icc), png.subarray(BEHIND_HEADER)]),
    );
  }
  const [only] = files;
  return () =>
    files.length === 1
      ? sharp(only, { limitInputPixels: false })
      : sharp(files, { join: { animated: true }, limitInputPixels: false });
}

/** `iCCP` of PNG (ISO/IEC 15948, 11.3.3.3): a name, the method 0, the deflated profile. */
function profileChunk(icc: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from('iCCPicc\0\0', 'latin1'), deflateSync(icc)]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}
