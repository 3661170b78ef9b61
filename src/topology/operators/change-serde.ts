import { StreamsError } from '../errors.ts';
import type { Serde } from '../serde.ts';
import type { Change } from './types.ts';

const OLD = 0;
const NEW = 1;
const BOTH = 2;

/** Kafka's signed variable-length integer (zigzag), least significant seven bits first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

function readVarint(bytes: Buffer): { readonly value: number; readonly size: number } {
  let raw = 0;
  let size = 0;
  let byte: number;
  do {
    byte = bytes.readUInt8(size);
    raw |= (byte & 0x7f) << (7 * size++);
  } while (byte > 0x7f);
  return { value: (raw >>> 1) ^ -(raw & 1), size };
}

/**
 * Changes on the way to their group, in Kafka Streams' form: the new value, the old one, or the length of the new one and
 * both; then a byte that tells which.
 */
export function changeSerde(value: Serde<unknown>): Serde<Change> {
  return {
    serialize(topic, { newValue, oldValue }) {
      const before = oldValue === null ? null : value.serialize(topic, oldValue);
      const now = newValue === null ? null : value.serialize(topic, newValue);
      if (now && before) return Buffer.concat([varint(now.length), now, before, Buffer.from([BOTH])]);
      if (now) return Buffer.concat([now, Buffer.from([NEW])]);
      if (before) return Buffer.concat([before, Buffer.from([OLD])]);
      return null;
    },
    deserialize(topic, bytes) {
      if (bytes === null || bytes.length === 0) return { newValue: null, oldValue: null };
      const kind = bytes[bytes.length - 1];
      const data = bytes.subarray(0, -1);
      switch (kind) {
        case OLD:
          return { newValue: null, oldValue: value.deserialize(topic, data) };
        case NEW:
          return { newValue: value.deserialize(topic, data), oldValue: null };
        case BOTH: {
          const { value: length, size } = readVarint(data);
          return {
            newValue: value.deserialize(topic, data.subarray(size, size + length)),
            oldValue: value.deserialize(topic, data.subarray(size + length)),
          };
        }
        default:
          throw new StreamsError(
            'CHANGE_UNREADABLE',
            'fail',
            `a record of ${topic} ends in byte ${kind}, but 0 to 2 are known: something else than this application wrote it`,
          );
      }
    },
  };
}
