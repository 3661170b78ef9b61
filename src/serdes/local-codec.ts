import avro from 'avsc';
import { AvroFormat, schemaIdOf, undecodable } from './avro-format.ts';
import type { Decoded, ImageCodec } from './codec.ts';
import { type ImageProcessed, imageProcessedSchema } from './image-processed.generated.ts';
import { type ImageUploaded, imageUploadedSchema } from './image-uploaded.generated.ts';

const SCHEMA_IDS = { uploaded: 1, processed: 2 };

/** The codec without a registry, for `darkroom try` and tests: our own schemas under fixed ids, no other writer. */
export function createLocalCodec(): ImageCodec {
  const uploaded = new AvroFormat<ImageUploaded>(imageUploadedSchema);
  const processed = new AvroFormat<ImageProcessed>(imageProcessedSchema);
  return {
    decodeUpload: localDecoder(uploaded, SCHEMA_IDS.uploaded, imageUploadedSchema),
    decodeProcessed: localDecoder(processed, SCHEMA_IDS.processed, imageProcessedSchema),
    encodeUpload: (value) => uploaded.encode(SCHEMA_IDS.uploaded, value),
    encodeProcessed: (value) => processed.encode(SCHEMA_IDS.processed, value),
  };
}

function localDecoder<T>(format: AvroFormat<T>, id: number, schemaJson: string) {
  const reading = format.readingOf(avro.Type.forSchema(JSON.parse(schemaJson)));
  return async (bytes: Buffer | null): Promise<Decoded<T>> => {
    const found = schemaIdOf(bytes);
    if (typeof found === 'string' || bytes === null) return undecodable(String(found));
    if (found !== id) return undecodable(`schema ${found} is unknown here, only ${id} is known`);
    return format.decodePayload(bytes, reading);
  };
}
