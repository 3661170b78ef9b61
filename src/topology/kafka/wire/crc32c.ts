/** CRC-32C (Castagnoli), which Kafka asks of every batch of records: eight bytes a step, with a table for each. */
const POLYNOMIAL = 0x82f63b78;
const BYTES = 8;
const TABLES = tables();

function tables(): Int32Array {
  const all = new Int32Array(BYTES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    all[byte] = crc;
  }
  for (let at = 256; at < all.length; at++) {
    const before = all[at - 256] ?? 0;
    all[at] = (before >>> 8) ^ (all[before & 0xff] ?? 0);
  }
  return all;
}

/** Of the bytes from `from` on, below `to`; unsigned. */
export function crc32c(bytes: Buffer, from = 0, to = bytes.length): number {
  const table = TABLES;
  let crc = -1;
  let at = from;
  for (; at + BYTES <= to; at += BYTES) {
    const low = crc ^ word(bytes, at);
    const high = word(bytes, at + 4);
    crc =
      (table[1792 + (low & 0xff)] as number) ^
      (table[1536 + ((low >>> 8) & 0xff)] as number) ^
      (table[1280 + ((low >>> 16) & 0xff)] as number) ^
      (table[1024 + (low >>> 24)] as number) ^
      (table[768 + (high & 0xff)] as number) ^
      (table[512 + ((high >>> 8) & 0xff)] as number) ^
      (table[256 + ((high >>> 16) & 0xff)] as number) ^
      (table[high >>> 24] as number);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
}

const word = (bytes: Buffer, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);
