// From the buffer to S3, and from there with COPY into the warehouse, one after another.
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { type CopyTarget, copyInto } from './copy.ts';
import type { Faults } from './faults.ts';
import { objectKey } from './object-key.ts';

export interface DeliveryOptions {
  readonly stream: string;
  readonly s3: S3Client;
  readonly bucket: string;
  /** Before the time in every key, as in `firehose/`. */
  readonly prefix: string;
  /** Where COPY goes; without it, objects stay in S3. */
  readonly warehouse?: CopyTarget & { readonly url: string };
  /** Pause between two attempts at a COPY, ms; Firehose: 5 minutes. */
  readonly copyRetryIntervalMs: number;
  /** How long a COPY is tried, ms; Firehose: up to 7,200 s, 3,600 s by default. Then its objects are left in a manifest. */
  readonly copyRetryMs: number;
  readonly faults: Faults;
  readonly log: (line: string) => void;
}

export interface DeliveryCounts {
  readonly objects: number;
  readonly copies: number;
  readonly copiedRows: number;
  readonly failedCopies: number;
  readonly manifests: number;
  /** Why the last attempt at S3 or COPY failed; gone with the next success. */
  readonly trouble?: string;
}

const S3_RETRY_MS = 1_000;

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #stop = new AbortController();
  #chain: Promise<void> = Promise.resolve();
  #waiting = 0;
  #counts = { objects: 0, copies: 0, copiedRows: 0, failedCopies: 0, manifests: 0 };
  #trouble: string | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Objects that are not in the warehouse yet. */
  get waiting(): number {
    return this.#waiting;
  }

  counts(): DeliveryCounts {
    return { ...this.#counts, ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }) };
  }

  /** Delivers after what came before. */
  deliver(records: readonly Buffer[], arrivedMs: number): void {
    this.#waiting++;
    this.#chain = this.#chain.then(async () => {
      try {
        await this.#deliver(records, arrivedMs);
      } catch (error) {
        this.#options.log(`delivery given up: ${messageOf(error)}`);
      } finally {
        this.#waiting--;
      }
    });
  }

  /** Resolves when all that was given is delivered or in a manifest. */
  async idle(): Promise<void> {
    await this.#chain;
  }

  /** Every COPY that waits gets one more attempt, or its manifest. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#chain;
  }

  async #deliver(records: readonly Buffer[], arrivedMs: number): Promise<void> {
    const { stream, prefix, warehouse } = this.#options;
    const key = `${prefix}${objectKey(stream, arrivedMs, '.gz')}`;
    await this.#put(key, gzipSync(Buffer.concat(records)));
    this.#counts.objects++;
    if (!warehouse) return;
    const endMs = Date.now() + this.#options.copyRetryMs;
    while (!(await this.#copied(key, warehouse))) {
      if (this.#stop.signal.aborted || Date.now() + this.#options.copyRetryIntervalMs > endMs) {
        await this.#leaveManifest(key);
        return;
      }
      await delay(this.#options.copyRetryIntervalMs, undefined, { signal: this.#stop.signal }).catch(
        () => {},
      );
    }
  }

  /** Whether a COPY was done; it reads the object again, as Redshift does. */
  async #copied(key: string, warehouse: CopyTarget & { readonly url: string }): Promise<boolean> {
    const { s3, bucket, faults, log } = this.#options;
    try {
      if (faults.strike('copy-error')) throw new Error('COPY failed, as scripted');
      const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const body = await object.Body?.transformToByteArray();
      const client = new pg.Client({ connectionString: warehouse.url, connectionTimeoutMillis: 5_000 });
      // a connection that breaks between two queries is told here; the next query fails too
      client.on('error', () => {});
      await client.connect();
      try {
        const rows = await copyInto(client, warehouse, gunzipSync(body ?? Buffer.alloc(0)).toString('utf8'));
        this.#counts.copies++;
        this.#counts.copiedRows += rows;
      } finally {
        await client.end();
      }
      if (faults.strike('copy-repeated')) return false;
      this.#trouble = undefined;
      return true;
    } catch (error) {
      this.#counts.failedCopies++;
      this.#trouble = `COPY of ${key}: ${messageOf(error)}`;
      log(this.#trouble);
      return false;
    }
  }

  /** What a person can COPY by hand (https://docs.aws.amazon.com/firehose/latest/dev/retry.html, Amazon Redshift). */
  async #leaveManifest(key: string): Promise<void> {
    const { stream, prefix, bucket, log } = this.#options;
    const manifest = `${prefix}errors/manifests/${objectKey(stream, Date.now(), '')}`;
    const entries = [{ url: `s3://${bucket}/${key}`, mandatory: true }];
    await this.#put(manifest, Buffer.from(JSON.stringify({ entries })));
    this.#counts.manifests++;
    log(`COPY of ${key} was given up; ${manifest} has what is to be loaded by hand`);
  }

  /** S3 is tried for 24 hours by Firehose; here until the end of the process. */
  async #put(key: string, body: Buffer): Promise<void> {
    const { s3, bucket, log } = this.#options;
    for (;;) {
      try {
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
        return;
      } catch (error) {
        this.#trouble = `S3: ${messageOf(error)}`;
        log(this.#trouble);
        if (this.#stop.signal.aborted) throw error;
        await delay(S3_RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
      }
    }
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message || error.name : String(error);
