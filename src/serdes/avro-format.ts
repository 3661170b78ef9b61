import avro from 'avsc';
import { cursorAt, type Walk, walkOf } from './avro-bounds.ts';
import type { Decoded } from './codec.ts';

const MAGIC = 0;
const HEADER_BYTES = 5;

/** How records of one writer's schema are read: its fields matched to ours, or why they cannot be. */
export type Reading =
  | { readonly resolver: avro.Resolver | undefined; readonly walk: Walk }
  | { readonly mismatch: string };

/** One of our record schemas: values of `T` to and from Confluent's wire format. timestamp-millis are numbers, ms. */
export class AvroFormat<T> {
  readonly #type: avro.Type;

  /** @param schemaJson the canonical JSON of the schema, from a generated file */
  constructor(schemaJson: string) {
    this.#type = avro.Type.forSchema(JSON.parse(schemaJson));
  }

  /** Throws a RangeError that names the fields when `value` does not fit the schema. */
  encode(schemaId: number, value: T): Buffer {
    const problems: string[] = [];
    this.#type.isValid(value, {
      errorHook: (path, found) => problems.push(`${path.join('.')} is ${String(found)}`),
    });
    if (problems.length > 0) throw new RangeError(`no ${this.#type.name}: ${problems.join(', ')}`);
    const payload = this.#type.toBuffer(value);
    const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
    bytes.writeUInt8(MAGIC, 0);
    bytes.writeInt32BE(schemaId, 1);
    payload.copy(bytes, HEADER_BYTES);
    return bytes;
  }

  /** Matches a writer's schema to ours; costly, so it is done once a schema id. */
  readingOf(writer: avro.Type): Reading {
    try {
      const resolver = this.#type.equals(writer) ? undefined : this.#type.createResolver(writer);
      return { resolver, walk: walkOf(writer) };
    } catch (error) {
      return { mismatch: `its schema does not fit ${this.#type.name}: ${messageOf(error)}` };
    }
  }

  /** Decodes what follows the schema id. */
  decodePayload(bytes: Buffer, reading: Reading): Decoded<T> {
    if ('mismatch' in reading) return undecodable(reading.mismatch);
    try {
      reading.walk(cursorAt(bytes, HEADER_BYTES));
      return { ok: true, value: this.#type.fromBuffer(bytes.subarray(HEADER_BYTES), reading.resolver) };
    } catch (error) {
      return undecodable(`its bytes do not fit its schema: ${messageOf(error)}`);
    }
  }
}

/** The schema id at the head of a message in the wire format, or why there is none. */
export function schemaIdOf(bytes: Buffer | null): number | string {
  if (bytes === null) return 'the record has no value';
  if (bytes.length < HEADER_BYTES) {
    return `${bytes.length} bytes are too short for Confluent's wire format (a zero byte and a 4-byte schema id)`;
  }
  if (bytes[0] !== MAGIC) {
    return `it begins with byte ${bytes[0]}, Confluent's wire format begins with 0 and a 4-byte schema id`;
  }
  const id = bytes.readInt32BE(1);
  return id > 0 ? id : `its schema id is ${id}, ids are positive`;
}

export function undecodable(reason: string): Decoded<never> {
  return { ok: false, code: 'AVRO_UNDECODABLE', reason };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
