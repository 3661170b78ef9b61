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
