const SEED = 0x9747b28c;
const MIX = 0x5bd1e995;
const SHIFT = 24;

/** The 32-bit hash of a key by which Kafka's Java client chooses its partition; signed. Source: MurmurHash2 by Austin Appleby. */
export function murmur2(bytes: Buffer): number {
  let hash = SEED ^ bytes.length;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    const word = Math.imul(bytes.readInt32LE(at), MIX);
    hash = Math.imul(hash, MIX) ^ Math.imul(word ^ (word >>> SHIFT), MIX);
  }
  if (at < bytes.length) {
    for (let last = bytes.length - 1; last >= at; last--) hash ^= (bytes[last] ?? 0) << (8 * (last - at));
    hash = Math.imul(hash, MIX);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MIX);
  return hash ^ (hash >>> 15);
}
