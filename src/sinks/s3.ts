import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandInput,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type Disposition, StreamsError } from '../topology/errors.ts';
import { type AwsPlace, clientSettings } from './aws-client.ts';
import { Circuit } from './circuit.ts';
import { judge, needsBody, s3Error } from './s3-errors.ts';
import type { ObjectStore, StoredObject } from './types.ts';

export interface S3Settings extends AwsPlace {
  /** Where `put` writes. */
  readonly bucket: string;
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`; what most stand-ins of S3 need. */
  readonly forcePathStyle?: boolean;
  /** Requests at once, and with it sockets. */
  readonly concurrency: number;
  /** One attempt of one request; 30 s by default. */
  readonly timeoutMs?: number;
  /** Longest pause between two attempts; 10 s by default. */
  readonly maxRetryDelayMs?: number;
}

/** An object of any bucket, in one version or the latest. */
export interface S3Reference {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

interface Abortable {
  readonly signal?: AbortSignal;
}

export interface S3Facts {
  readonly bytes: number;
  readonly versionId?: string;
  readonly contentType?: string;
  /** The uploader's own, names in lower case without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** `size-differs`: the object is not of the expected size, and its body was not read. */
export type S3Fetched =
  | {
      readonly found: 'object';
      readonly body: Buffer;
      /** As in S3Facts. */
      readonly metadata: Readonly<Record<string, string>>;
    }
  | { readonly found: 'nothing' }
  | { readonly found: 'size-differs'; readonly bytes: number };

/**
 * S3 as store and source. Whatever heals by waiting (network, 5xx, throttling) is retried until the signal fires. What
 * does not heal:
 *
 * - for a `put`: until a `check` or a `put` has gone well, wrong place or credentials fail the application, which was never
 *   configured right. Later they are an operator's change: waited out like a failure of S3, and told by `trouble()`.
 * - for `head` and `get`, which somebody's record asked for: that record's fault (disposition `dead-letter`), so one
 *   object that may not be read does not hold up all others. Wrong credentials are never a record's fault.
 */
export interface S3Store extends ObjectStore {
  /** Lists each bucket once: throws S3_BUCKET_MISSING, S3_ACCESS_DENIED… (`fail`) when it is not to be used. */
  check(buckets: readonly string[], options: Abortable): Promise<void>;
  /** What S3 knows of an object; undefined when there is none. */
  head(reference: S3Reference, options: Abortable): Promise<S3Facts | undefined>;
  /** Reads an object whose size is known; never holds more than that. */
  get(reference: S3Reference, options: Abortable & { readonly expectedBytes: number }): Promise<S3Fetched>;
}

export function createS3Store(settings: S3Settings): S3Store {
  const { bucket, concurrency, timeoutMs = 30_000, maxRetryDelayMs = 10_000 } = settings;
  const client = new S3Client({
    ...clientSettings(settings, { maxSockets: concurrency }),
    forcePathStyle: settings.forcePathStyle ?? false,
    // A body of another length than promised is noticed, and a picture that arrived broken does not decode.
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  let provenRight = false;

  const circuit = new Circuit({
    timeoutMs,
    maxDelayMs: maxRetryDelayMs,
    transient: (error) => {
      if (error instanceof StreamsError) return error.disposition === 'retry' ? error.message : undefined;
      const verdict = judge(error);
      return verdict.kind === 'transient' ? verdict.reason : undefined;
    },
  });

  /** Repeats until S3 answers; an answer that means "wrong place or key" becomes a StreamsError. */
  const ask = async <T>(
    place: string,
    asker: Asker,
    signal: AbortSignal | undefined,
    request: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const result = await circuit.run(async (attemptSignal) => {
      try {
        return await request(attemptSignal);
      } catch (error) {
        const verdict = judge(error);
        if (attemptSignal.aborted || verdict.kind !== 'refused') throw error;
        const disposition = dispositionOf(verdict.code, asker, provenRight);
        throw s3Error(verdict.code, disposition, place, verdict.reason);
      }
    }, signal);
    if (asker !== 'a record') provenRight = true;
    return result;
  };

  const head: S3Store['head'] = async ({ bucket, key, versionId }, { signal }) => {
    const input = { Bucket: bucket, Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
    return whereItIs(async () => {
      const found = await ask(placeOf(bucket, key), 'a record', signal, (abortSignal) =>
        headObject(client, input, abortSignal),
      );
      return {
        bytes: found.ContentLength ?? 0,
        ...(found.VersionId === undefined ? {} : { versionId: found.VersionId }),
        ...(found.ContentType === undefined ? {} : { contentType: found.ContentType }),
        metadata: found.Metadata ?? {},
      };
    });
  };

  const get: S3Store['get'] = async ({ bucket, key, versionId }, { expectedBytes, signal }) => {
    const input = { Bucket: bucket, Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
    const fetched = await whereItIs(() =>
      ask(placeOf(bucket, key), 'a record', signal, async (abortSignal): Promise<S3Fetched> => {
        const answer = await client.send(new GetObjectCommand(input), { abortSignal });
        return readBody(answer, expectedBytes);
      }),
    );
    return fetched ?? { found: 'nothing' };
  };

  /** The object that is there already: the same content is a repeat, another one a conflict; undefined: gone again. */
  const compare = (key: string, body: Buffer, checksum: string, signal: AbortSignal | undefined) =>
    whereItIs(async (): Promise<StoredObject> => {
      const input = { Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' } as const;
      const there = await ask(placeOf(bucket, key), 'us', signal, (abortSignal) =>
        headObject(client, input, abortSignal),
      );
      const bytes = there.ContentLength ?? 0;
      const same = there.ChecksumCRC32
        ? there.ChecksumCRC32 === checksum
        : sameByETag(there.ETag, there.ServerSideEncryption, body);
      if (bytes === body.length && same) return { key, bytes, created: false };
      throw new StreamsError(
        'S3_KEY_CONFLICT',
        'dead-letter',
        `another content lies under ${placeOf(bucket, key)} (${bytes} bytes, ours has ${body.length}); ` +
          'a change that changes renditions needs a new pipeline version',
      );
    });

  const put: S3Store['put'] = async (key, body, { contentType, signal }) => {
    const checksum = crc32Of(body);
    for (;;) {
      try {
        await ask(placeOf(bucket, key), 'us', signal, (abortSignal) =>
          client.send(
            new PutObjectCommand({
              Bucket: bucket,
              Key: key,
              Body: body,
              ContentType: contentType,
              ChecksumCRC32: checksum,
              IfNoneMatch: '*',
            }),
            { abortSignal },
          ),
        );
        return { key, bytes: body.length, created: true };
      } catch (error) {
        if (error instanceof StreamsError || judge(error).kind !== 'exists') throw error;
        const there = await compare(key, body, checksum, signal);
        if (there) return there;
      }
    }
  };

  return {
    put,
    head,
    get,
    check: async (buckets, { signal }) => {
      for (const name of new Set(buckets)) {
        const input = { Bucket: name, MaxKeys: 1 };
        await ask(`bucket ${name}`, 'start', signal, (abortSignal) =>
          client.send(new ListObjectsV2Command(input), { abortSignal }),
        );
      }
    },
    trouble: () => circuit.trouble(),
    close: async () => client.destroy(),
  };
}

/** Who wants something of S3: a check at the start, a write of ours, or a record that refers to an object. */
type Asker = 'start' | 'us' | 'a record';

/** What a refusal means, as the docstring of S3Store says it. */
function dispositionOf(code: string, asker: Asker, provenRight: boolean): Disposition {
  if (asker === 'start') return 'fail';
  if (code === 'S3_REQUEST_REFUSED') return 'dead-letter';
  if (asker === 'a record' && !code.startsWith('S3_CREDENTIALS')) return 'dead-letter';
  return provenRight ? 'retry' : 'fail';
}

const placeOf = (bucket: string, key: string): string => `${JSON.stringify(key)} in bucket ${bucket}`;

/** An error of HEAD has no body, and with that no code: what it means is learned by asking for the first byte. */
async function headObject(client: S3Client, input: HeadObjectCommandInput, abortSignal: AbortSignal) {
  try {
    return await client.send(new HeadObjectCommand(input), { abortSignal });
  } catch (error) {
    if (!needsBody(error)) throw error;
    const { Bucket, Key, VersionId } = input;
    const range = { Bucket, Key, VersionId, Range: 'bytes=0-0' };
    const found = await client.send(new GetObjectCommand(range), { abortSignal });
    if (isByteStream(found.Body)) found.Body.destroy();
    const [, whole = found.ContentLength] = /\/(\d+)$/.exec(found.ContentRange ?? '') ?? [];
    return { ...found, ContentLength: Number(whole ?? 0) };
  }
}

/** Undefined instead of the error that says that nothing is there. */
async function whereItIs<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof StreamsError) && judge(error).kind === 'missing') return undefined;
    throw error;
  }
}

/** Fails as a broken connection does, so that it is tried again, when the body ends early. */
async function readBody(answer: GetObjectCommandOutput, expectedBytes: number): Promise<S3Fetched> {
  const stream: unknown = answer.Body;
  if (!isByteStream(stream)) throw new Error('S3 answered without a body');
  const bytes = answer.ContentLength ?? 0;
  if (bytes !== expectedBytes) {
    stream.destroy();
    return { found: 'size-differs', bytes };
  }
  const body = Buffer.allocUnsafe(expectedBytes);
  let filled = 0;
  for await (const chunk of stream) {
    if (filled + chunk.length > expectedBytes) throw new Error('S3 sent more than it said');
    body.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled !== expectedBytes) throw new Error(`S3 sent ${filled} bytes of ${expectedBytes}`);
  return { found: 'object', body, metadata: answer.Metadata ?? {} };
}

function isByteStream(body: unknown): body is AsyncIterable<Uint8Array> & { destroy(): void } {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body && 'destroy' in body;
}

/** As S3 writes it: the CRC-32 of ISO 3309, big-endian, in base64. */
function crc32Of(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

/** For objects without a stored checksum. Under KMS and after multipart uploads the ETag is no MD5: the size must do. */
function sameByETag(etag: string | undefined, encryption: string | undefined, body: Buffer): boolean {
  const md5 = /^"?([0-9a-f]{32})"?$/.exec(etag ?? '')?.[1];
  if (md5 === undefined || encryption?.startsWith('aws:kms')) return true;
  return createHash('md5').update(body).digest('hex') === md5;
}
