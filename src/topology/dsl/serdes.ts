import { StreamsError } from '../errors.ts';
import type { Deserializer, Serde, Serializer } from '../serde.ts';
import { bytesSerde } from '../serde.ts';

/** The serdes that a stream is known to have: they flow down until an operator changes the key or the value. */
export interface Serdes {
  readonly key: Serde<unknown> | undefined;
  readonly value: Serde<unknown> | undefined;
}

type Part = keyof Serdes;

/** Bytes as they are; anything else has no serde and would be wrong bytes on the topic. */
function bytesOnly(part: Part, node: string): Serializer<unknown> {
  return (topic, data) => {
    if (data === null || Buffer.isBuffer(data)) return data;
    throw new StreamsError(
      'SERDE_MISSING',
      'fail',
      `"${node}" writes to ${topic} and knows no ${part} serde, but the ${part} is ${
        data instanceof Object ? `a ${data.constructor.name}` : `of type ${typeof data}`
      }: an operator has changed the ${part}; pass { ${part}: serde } where "${node}" is made`,
    );
  };
}

export function serializer(serdes: Serdes, part: Part, node: string): Serializer<unknown> {
  return serdes[part]?.serialize ?? bytesOnly(part, node);
}

export function deserializer(serdes: Serdes, part: Part): Deserializer<unknown> {
  return (serdes[part] ?? bytesSerde).deserialize;
}
