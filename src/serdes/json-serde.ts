import type { Serde } from '../topology/serde.ts';

/** UTF-8 JSON, for topics and stores that the application alone reads; null is a record without a value. */
export function jsonSerde<T>(): Serde<T> {
  return {
    serialize: (_topic, value) => (value === null ? null : Buffer.from(JSON.stringify(value))),
    deserialize: (_topic, bytes) => (bytes === null ? null : JSON.parse(bytes.toString())),
  };
}
