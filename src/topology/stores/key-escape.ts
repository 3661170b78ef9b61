const ZERO = 0;
const ESCAPE = 0xff;

/**
 * Writes a key so that what follows it never counts for the order of keys, and no key is the beginning of another: 00 as
 * 00 ff, and 00 at the end. What follows must not begin with ff. Returns the offset behind.
 */
export function writeEscaped(target: Buffer, key: Buffer, offset: number): number {
  let end = offset;
  let from = 0;
  for (let zero = key.indexOf(ZERO); zero >= 0; zero = key.indexOf(ZERO, from)) {
    end += key.copy(target, end, from, zero + 1);
    target[end] = ESCAPE;
    end += 1;
    from = zero + 1;
  }
  end += key.copy(target, end, from);
  target[end] = ZERO;
  return end + 1;
}

export function escapedLength(key: Buffer): number {
  let length = key.length + 1;
  for (let zero = key.indexOf(ZERO); zero >= 0; zero = key.indexOf(ZERO, zero + 1)) length += 1;
  return length;
}

/** The key that was written from `from` to `to`, its end mark included. */
export function readEscaped(source: Buffer, from: number, to: number): Buffer {
  const escaped = source.subarray(from, to - 1);
  if (!escaped.includes(ZERO)) return escaped;
  const key = Buffer.allocUnsafe(escaped.length);
  let length = 0;
  for (let index = 0; index < escaped.length; index += 1) {
    const byte = escaped[index] ?? ZERO;
    key[length] = byte;
    length += 1;
    if (byte === ZERO) index += 1;
  }
  return key.subarray(0, length);
}
