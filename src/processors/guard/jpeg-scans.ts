const SOS = 0xda;
const EOI = 0xd9;
const FIRST_RESTART = 0xd0;
const LAST_RESTART = 0xd7;

/**
 * Scans of a JPEG, counted up to one more than `most`. Each makes the decoder visit every block of a progressive picture,
 * though it may have a few bytes only. Markers inside of segments (a thumbnail) are not counted.
 */
export function countScans(bytes: Buffer, most: number): number {
  let scans = 0;
  let at = 2;
  while (scans <= most) {
    at = bytes.indexOf(0xff, at);
    const marker = bytes[at + 1];
    if (at < 0 || marker === undefined || marker === EOI) break;
    if (marker === SOS) scans++;
    const fill = marker === 0xff;
    const alone = marker <= 1 || (marker >= FIRST_RESTART && marker <= LAST_RESTART);
    // Entropy-coded data follow the header of a scan; the search for the next marker goes through them.
    const length = fill || alone || at + 4 > bytes.length ? 0 : bytes.readUInt16BE(at + 2);
    at += fill ? 1 : 2 + length;
  }
  return scans;
}
