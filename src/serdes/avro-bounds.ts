import avro from 'avsc';

/** Goes over one value of a type. Throws a RangeError where its bytes end first, or cannot hold as many items as they say. */
export type Walk = (cursor: Cursor) => void;

export interface Cursor {
  readonly bytes: Buffer;
  at: number;
  /** Items that may yet come which take no byte, as those of an array of null do. */
  emptyItemsLeft: number;
}

/**
 * A walk over a writer's payloads. The decoder believes the number of items that a block says it has, and reads on behind the end:
 * twelve bytes would keep the process for hours.
 */
export function walkOf(type: avro.Type, known = new Map<avro.Type, Walk>()): Walk {
  const before = known.get(type);
  if (before) return before;
  let walk: Walk = () => {};
  known.set(type, (cursor) => walk(cursor)); // a type may contain itself
  walk = made(type, (inner) => walkOf(inner, known));
  return walk;
}

/** Begins a walk at `at`. */
export const cursorAt = (bytes: Buffer, at: number): Cursor => ({ bytes, at, emptyItemsLeft: bytes.length });

function made(type: avro.Type, inner: (type: avro.Type) => Walk): Walk {
  const { types } = avro;
  if (type instanceof types.LogicalType) return inner(type.underlyingType);
  if (type instanceof types.RecordType) {
    const fields = type.fields.map((field) => inner(field.type));
    return (cursor) => {
      for (const field of fields) field(cursor);
    };
  }
  if (type instanceof types.ArrayType) return blocks(inner(type.itemsType));
  if (type instanceof types.MapType) {
    const value = inner(type.valuesType);
    return blocks((cursor) => {
      skipSized(cursor);
      value(cursor);
    });
  }
  if (type instanceof types.WrappedUnionType || type instanceof types.UnwrappedUnionType) {
    const branches = type.types.map(inner);
    return (cursor) => {
      const index = readLong(cursor);
      const branch = branches[index];
      if (!branch) throw new RangeError(`it has the branch ${index} of a union of ${branches.length}`);
      branch(cursor);
    };
  }
  if (type instanceof types.FixedType) return skip(type.size);
  const primitive = PRIMITIVES[type.typeName];
  if (!primitive) throw new TypeError(`the type ${type.typeName} is not known`);
  return primitive;
}

function blocks(item: Walk): Walk {
  return (cursor) => {
    for (;;) {
      const said = readLong(cursor);
      if (said === 0) return;
      const count = Math.abs(said);
      if (said < 0) readLong(cursor); // the block's bytes
      if (count > cursor.bytes.length - cursor.at + cursor.emptyItemsLeft) {
        throw new RangeError(`a block says that it has ${count} items, more than its bytes can hold`);
      }
      for (let left = count; left > 0; left--) {
        const before = cursor.at;
        item(cursor);
        if (cursor.at === before && --cursor.emptyItemsLeft < 0) {
          throw new RangeError('it has more items without a byte than bytes');
        }
      }
    }
  };
}

function skip(length: number): Walk {
  return (cursor) => move(cursor, length);
}

function skipSized(cursor: Cursor): void {
  const length = readLong(cursor);
  if (length < 0) throw new RangeError(`it has a length of ${length}`);
  move(cursor, length);
}

function move(cursor: Cursor, length: number): void {
  if (length > cursor.bytes.length - cursor.at) throw new RangeError('its bytes end within a value');
  cursor.at += length;
}

/** A zigzag varint; inexact from 2^53 on, where only its size matters. */
function readLong(cursor: Cursor): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw new RangeError('its bytes end within a number');
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

const PRIMITIVES: Readonly<Record<string, Walk>> = {
  null: () => {},
  boolean: skip(1),
  int: readLong,
  long: readLong,
  enum: readLong,
  float: skip(4),
  double: skip(8),
  bytes: skipSized,
  string: skipSized,
};
