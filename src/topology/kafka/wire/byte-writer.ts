/** Bytes that a number takes as a varint in zigzag order. */
export function sizeOfVarint(value: number): number {
  let rest = zigzag(value);
  let size = 1;
  for (; rest >= 0x80; rest /= 0x80) size++;
  return size;
}

/** Small magnitudes become small numbers, whatever their sign. */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

/** Writes numbers and bytes one behind another, as Kafka's protocol wants them, into a buffer of a size that is known before. */
export class ByteWriter {
  readonly buffer: Buffer;
  at = 0;

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  int8(value: number): void {
    this.buffer[this.at++] = value;
  }

  int16(value: number): void {
    this.at = this.buffer.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.buffer.writeInt32BE(value, this.at);
  }

  int64(value: bigint): void {
    this.at = this.buffer.writeBigInt64BE(value, this.at);
  }

  /** Up to 2^52, either sign. */
  varint(value: number): void {
    let rest = zigzag(value);
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 0x80)) this.buffer[this.at++] = (rest % 0x80) + 0x80;
    for (; rest >= 0x80; rest >>>= 7) this.buffer[this.at++] = (rest & 0x7f) | 0x80;
    this.buffer[this.at++] = rest;
  }

  /** The bytes without their length. */
  raw(bytes: Buffer | string): void {
    if (typeof bytes === 'string') this.at += this.buffer.write(bytes, this.at);
    else {
      this.buffer.set(bytes, this.at);
      this.at += bytes.length;
    }
  }

  /** A length as int16, -1 for null, and the text. */
  text(value: string | null): void {
    this.int16(value === null ? -1 : Buffer.byteLength(value));
    if (value !== null) this.raw(value);
  }
}
