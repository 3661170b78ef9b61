import avro from 'avsc';
import { AvroFormat, schemaIdOf, undecodable } from './avro-format.ts';
import type { Decoded, ImageCodec } from './codec.ts';
import { type ExternalImage, externalImageSchema } from './external-image.generated.ts';
import { type ImageCount, imageCountSchema } from './image-count.generated.ts';
import { type ImagePolicy, imagePolicySchema } from './image-policy.generated.ts';
import { type ImageProcessed, imageProcessedSchema } from './image-processed.generated.ts';
import { type ImageUploaded, imageUploadedSchema } from './image-uploaded.generated.ts';

const SCHEMA_IDS = { uploaded: 1, processed: 2, policy: 3, count: 4, external: 5 };

/** The codec without a registry, for `darkroom try` and tests: our own schemas under fixed ids, no other writer. */
export function createLocalCodec(): ImageCodec {
  const uploaded = new AvroFormat<ImageUploaded>(imageUploadedSchema);
  const processed = new AvroFormat<ImageProcessed>(imageProcessedSchema);
  const policy = new AvroFormat<ImagePolicy>(imagePolicySchema);
  const count = new AvroFormat<ImageCount>(imageCountSchema);
  const external = new AvroFormat<ExternalImage>(externalImageSchema);
  return {
    decodeUpload: localDecoder(uploaded, SCHEMA_IDS.uploaded, imageUploadedSchema),
    decodeProcessed: localDecoder(processed, SCHEMA_IDS.processed, imageProcessedSchema),
    decodePolicy: localDecoder(policy, SCHEMA_IDS.policy, imagePolicySchema),
    decodeCount: localDecoder(count, SCHEMA_IDS.count, imageCountSchema),
    decodeExternal: localDecoder(external, SCHEMA_IDS.external, externalImageSchema),
    encodeUpload: (value) => uploaded.encode(SCHEMA_IDS.uploaded, value),
    encodeProcessed: (value) => processed.encode(SCHEMA_IDS.processed, value),
    encodePolicy: (value) => policy.encode(SCHEMA_IDS.policy, value),
    encodeCount: (value) => count.encode(SCHEMA_IDS.count, value),
    encodeExternal: (value) => external.encode(SCHEMA_IDS.external, value),
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
