import { StreamsError } from './errors.ts';
import type { Windowed } from './stores/types.ts';

/** Turns values into the bytes of a topic. Throws when the value does not fit; the task fails then. */
export type Serializer<T> = (topic: string, value: T) => Buffer | null;

/** Turns the bytes of a topic into values. Throws when they do not fit; a source that must go on decodes in a later step instead. */
export type Deserializer<T> = (topic: string, bytes: Buffer | null) => T;

export interface Serde<T> {
  readonly serialize: Serializer<T>;
  readonly deserialize: Deserializer<T>;
}

/** The bytes as they are. */
export const bytesSerde: Serde<Buffer | null> = {
  serialize: (_topic, value) => value,
  deserialize: (_topic, bytes) => bytes,
};

/** UTF-8 text; null stays null. */
export const stringSerde: Serde<string | null> = {
  serialize: (_topic, value) => (value === null ? null : Buffer.from(value, 'utf8')),
  deserialize: (_topic, bytes) => (bytes === null ? null : bytes.toString('utf8')),
};

const LONG_BYTES = 8;

/** Whole numbers as eight bytes, big-endian, as Kafka's LongSerializer; null stays null. Safe integers only. */
export const longSerde: Serde<number | null> = {
  serialize(topic, value) {
    if (value === null) return null;
    if (!Number.isSafeInteger(value)) {
      throw notLong(
        topic,
        `a long is a safe integer; got ${typeof value === 'number' ? value : typeof value}`,
      );
    }
    return long(value);
  },
  deserialize(topic, bytes) {
    if (bytes === null) return null;
    if (bytes.length !== LONG_BYTES) throw notLong(topic, `a long has 8 bytes; got ${bytes.length}`);
    const value = bytes.readBigInt64BE();
    if (!Number.isSafeInteger(Number(value))) throw notLong(topic, `${value} is more than a number can hold`);
    return Number(value);
  },
};

const notLong = (topic: string, message: string) =>
  new StreamsError('LONG_INVALID', 'fail', `${topic}: ${message}`);

function long(value: number): Buffer {
  const bytes = Buffer.alloc(LONG_BYTES);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

/** What a windowed key is made of: it need not know null. */
interface InnerSerde<K> {
  readonly serialize: Serializer<K>;
  readonly deserialize: Deserializer<unknown>;
}

function innerBytes<K>(inner: InnerSerde<K>, topic: string, key: K): Buffer {
  return inner.serialize(topic, key) ?? Buffer.alloc(0);
}

/**
 * Keys of windowed tables on a topic, as Kafka's TimeWindowedSerializer writes them: the key's bytes, then the window's start
 * as a long. The end follows from `sizeMs`.
 */
export function windowedSerde<K>(inner: InnerSerde<K>, sizeMs: number): Serde<Windowed<K>> {
  return {
    serialize: (topic, { key, window }) =>
      Buffer.concat([innerBytes(inner, topic, key), long(window.startMs)]),
    deserialize(topic, bytes) {
      const at = split(topic, bytes, LONG_BYTES);
      const startMs = Number(at.times.readBigInt64BE());
      // a serde gives back what it was given
      const key = inner.deserialize(topic, at.key) as K;
      return { key, window: { startMs, endMs: startMs + sizeMs } };
    },
  };
}

/** Keys of session tables on a topic, as Kafka's SessionWindowedSerializer writes them: the key's bytes, the end, the start. */
export function sessionWindowedSerde<K>(inner: InnerSerde<K>): Serde<Windowed<K>> {
  return {
    serialize: (topic, { key, window }) =>
      Buffer.concat([innerBytes(inner, topic, key), long(window.endMs), long(window.startMs)]),
    deserialize(topic, bytes) {
      const at = split(topic, bytes, 2 * LONG_BYTES);
      const endMs = Number(at.times.readBigInt64BE());
      const startMs = Number(at.times.readBigInt64BE(LONG_BYTES));
      const key = inner.deserialize(topic, at.key) as K;
      return { key, window: { startMs, endMs } };
    },
  };
}

function split(topic: string, bytes: Buffer | null, timesBytes: number) {
  if (bytes === null || bytes.length < timesBytes) {
    throw new StreamsError(
      'WINDOWED_KEY_INVALID',
      'fail',
      `${topic}: a windowed key ends in ${timesBytes} bytes of time; got ${bytes === null ? 'null' : bytes.length} in all`,
    );
  }
  const at = bytes.length - timesBytes;
  return { key: bytes.subarray(0, at), times: bytes.subarray(at) };
}
