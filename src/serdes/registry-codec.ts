import { StreamsError } from '../topology/errors.ts';
import { AvroFormat, type Reading, schemaIdOf, undecodable } from './avro-format.ts';
import { BoundedMap } from './bounded-map.ts';
import type { Decoded, ImageCodec } from './codec.ts';
import { type ExternalImage, externalImageSchema } from './external-image.generated.ts';
import { type ImageCount, imageCountSchema } from './image-count.generated.ts';
import { type ImagePolicy, imagePolicySchema } from './image-policy.generated.ts';
import { type ImageProcessed, imageProcessedSchema } from './image-processed.generated.ts';
import { type ImageUploaded, imageUploadedSchema } from './image-uploaded.generated.ts';
import { RegistryClient, type RegistryOptions } from './registry-client.ts';

export interface RegistryCodecOptions extends RegistryOptions {
  /** The topics whose subjects (`<topic>-value`) get our schemas. */
  readonly topics: {
    /** Absent: no upload is encoded. */
    readonly imageUploads?: string;
    /** Absent: no event is encoded. */
    readonly imageStats?: string;
    /** Absent: no policy is encoded. */
    readonly imagePolicies?: string;
    /** Absent: no count is encoded. */
    readonly imageCounts?: string;
    /** Absent: no external image is encoded; its topic is its producer's, so the service itself registers nothing there. */
    readonly imageStream?: string;
  };
  /** An id that the registry did not know is not asked for again this long, ms. Default 10 s. */
  readonly unknownIdTtlMs?: number;
}

export interface RegistryCodec extends ImageCodec {
  /**
   * Registers the schemas; encoding needs it. Throws REGISTRY_UNREACHABLE (disposition `retry`: call again), or
   * SCHEMA_INCOMPATIBLE or REGISTRY_REFUSED (`fail`).
   */
  start(): Promise<void>;
  /** Undefined while all is well, else why decoding waits and since when, ms since the epoch. */
  trouble(): { readonly reason: string; readonly sinceMs: number } | undefined;
}

const MAX_SCHEMAS = 1_000; // far more than writers of one topic have versions

/** The codec over a schema registry. Schemas that were seen once are decoded while the registry is down. */
export function createRegistryCodec(options: RegistryCodecOptions): RegistryCodec {
  const client = new RegistryClient(options);
  const unknownIdTtlMs = options.unknownIdTtlMs ?? 10_000;
  const uploaded = new TopicFormat<ImageUploaded>(client, imageUploadedSchema, unknownIdTtlMs);
  const processed = new TopicFormat<ImageProcessed>(client, imageProcessedSchema, unknownIdTtlMs);
  const policy = new TopicFormat<ImagePolicy>(client, imagePolicySchema, unknownIdTtlMs);
  const count = new TopicFormat<ImageCount>(client, imageCountSchema, unknownIdTtlMs);
  const external = new TopicFormat<ExternalImage>(client, externalImageSchema, unknownIdTtlMs);
  return {
    async start() {
      const { imageUploads, imageStats, imagePolicies, imageCounts, imageStream } = options.topics;
      if (imageUploads !== undefined) await uploaded.register(`${imageUploads}-value`);
      if (imageStats !== undefined) await processed.register(`${imageStats}-value`);
      if (imagePolicies !== undefined) await policy.register(`${imagePolicies}-value`);
      if (imageCounts !== undefined) await count.register(`${imageCounts}-value`);
      if (imageStream !== undefined) await external.register(`${imageStream}-value`);
    },
    decodeUpload: (bytes) => uploaded.decode(bytes),
    decodeProcessed: (bytes) => processed.decode(bytes),
    decodePolicy: (bytes) => policy.decode(bytes),
    decodeCount: (bytes) => count.decode(bytes),
    decodeExternal: (bytes) => external.decode(bytes),
    encodeUpload: (value) => uploaded.encode(value),
    encodeProcessed: (value) => processed.encode(value),
    encodePolicy: (value) => policy.encode(value),
    encodeCount: (value) => count.encode(value),
    encodeExternal: (value) => external.encode(value),
    trouble: () => client.trouble(),
  };
}

/** One of our schemas with its id and the writers' schemas that were met. */
class TopicFormat<T> {
  readonly #format: AvroFormat<T>;
  readonly #client: RegistryClient;
  readonly #schemaJson: string;
  readonly #unknownIdTtlMs: number;
  readonly #readings = new BoundedMap<number, Reading>(MAX_SCHEMAS);
  readonly #unknownUntilMs = new BoundedMap<number, number>(MAX_SCHEMAS);
  #schemaId: number | undefined;

  constructor(client: RegistryClient, schemaJson: string, unknownIdTtlMs: number) {
    this.#format = new AvroFormat<T>(schemaJson);
    this.#client = client;
    this.#schemaJson = schemaJson;
    this.#unknownIdTtlMs = unknownIdTtlMs;
  }

  async register(subject: string): Promise<void> {
    this.#schemaId = await this.#client.register(subject, this.#schemaJson);
  }

  encode(value: T): Buffer {
    if (this.#schemaId === undefined) {
      throw new StreamsError(
        'CODEC_NOT_STARTED',
        'fail',
        'the codec encodes only after start() has resolved',
      );
    }
    return this.#format.encode(this.#schemaId, value);
  }

  async decode(bytes: Buffer | null): Promise<Decoded<T>> {
    const id = schemaIdOf(bytes);
    if (typeof id === 'string' || bytes === null) return undecodable(String(id));
    const reading = this.#readings.get(id) ?? (await this.#readingOf(id));
    return reading
      ? this.#format.decodePayload(bytes, reading)
      : undecodable(`the registry knows no schema ${id}`);
  }

  async #readingOf(id: number): Promise<Reading | undefined> {
    if ((this.#unknownUntilMs.get(id) ?? 0) > Date.now()) return undefined;
    const writer = await this.#client.findSchema(id);
    if (writer === undefined) {
      this.#unknownUntilMs.set(id, Date.now() + this.#unknownIdTtlMs);
      return undefined;
    }
    const reading: Reading =
      'unusable' in writer ? { mismatch: writer.unusable } : this.#format.readingOf(writer.type);
    if (this.#readings.size >= MAX_SCHEMAS) this.#client.forget();
    this.#readings.set(id, reading);
    return reading;
  }
}
