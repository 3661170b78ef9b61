import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { AwsPlace } from '../sinks/aws-client.ts';
import type { FoundFile } from './find-files.ts';
import { s3Place } from './s3-place.ts';
import { Failure } from './terminal.ts';

/** A reference as the external stream wants it (docs/external-stream.md). */
export interface SentReference {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  readonly sizeBytes: number;
}

/** Puts files where the service may read them: `references/<customer>/<UUID>/<file name>`; below incoming/ they would be uploads. */
export class ReferencedFiles {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #customer: string;

  constructor(s3: AwsPlace & { readonly bucket: string }, customer: string) {
    this.#client = new S3Client(s3Place(s3));
    this.#bucket = s3.bucket;
    this.#customer = customer;
  }

  async put(file: FoundFile): Promise<SentReference> {
    const bucket = this.#bucket;
    const key = `references/${this.#customer}/${randomUUID()}/${basename(file.path)}`;
    try {
      const { VersionId } = await this.#client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: createReadStream(file.path),
          ContentLength: file.bytes,
        }),
      );
      return { bucket, key, sizeBytes: file.bytes, ...(VersionId ? { versionId: VersionId } : {}) };
    } catch (error) {
      const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new Failure(
        `${file.path} cannot be put into the bucket ${bucket} (${why}). What to do: check S3_BUCKET, S3_ENDPOINT, AWS_REGION and the key`,
        { cause: error },
      );
    }
  }

  close(): void {
    this.#client.destroy();
  }
}
