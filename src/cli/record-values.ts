import { readFile } from 'node:fs/promises';
import type { ImageCodec } from '../serdes/codec.ts';
import { CONTENT_TYPES } from '../sources/external-value.ts';
import type { FoundFile } from './find-files.ts';
import type { ReferencedFiles } from './referenced-files.ts';

/** A record's value, and headers that say how to read it and whose it is. */
export interface RecordValue {
  readonly value: Buffer;
  readonly headers: readonly (readonly [name: string, text: string])[];
}

/** A form of the external stream with what making it needs. */
export type ValueForm =
  | { readonly form: 'bytes' | 'json' }
  | { readonly form: 'avro'; readonly codec: Pick<ImageCodec, 'encodeExternal'> }
  | { readonly form: 'reference'; readonly references: ReferencedFiles };

/** Makes the value of a file's record. A file's path is the name of its image. */
export async function recordValue(file: FoundFile, customer: string, made: ValueForm): Promise<RecordValue> {
  const told = { customerId: customer, imageId: file.path };
  const identity = [
    ['customer-id', customer],
    ['image-id', file.path],
  ] as const;
  switch (made.form) {
    case 'bytes':
      return { value: await readFile(file.path), headers: identity };
    case 'json': {
      const value = JSON.stringify({ ...told, image: await readFile(file.path, 'base64') });
      return { value: Buffer.from(value), headers: [['content-type', CONTENT_TYPES.json[0]]] };
    }
    case 'avro': {
      const value = made.codec.encodeExternal({ ...NOTHING, ...told, image: await readFile(file.path) });
      return { value, headers: [['content-type', CONTENT_TYPES.avro[0]]] };
    }
    case 'reference': {
      const value = Buffer.from(JSON.stringify(await made.references.put(file)));
      return { value, headers: [...identity, ['content-type', CONTENT_TYPES.reference[0]]] };
    }
    default:
      return made satisfies never;
  }
}

const NOTHING = { createdAt: null, contentType: null, focalPoint: null, pipeline: null };
