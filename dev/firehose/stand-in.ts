// Amazon Data Firehose as producers see it, with what happens behind it: for tests and the local stack.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RecordBuffer } from './buffer.ts';
import { answerControl } from './control.ts';
import { Delivery, type DeliveryCounts, type DeliveryOptions } from './delivery.ts';
import { type Fault, Faults } from './faults.ts';
import { parseBody, readRecord, readRecords, requireStream } from './request.ts';
import { STATUS_OF, WireError, type WireErrorType } from './wire-error.ts';

export interface StandInOptions extends Omit<DeliveryOptions, 'faults' | 'log'> {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** The one key that is let in; its secret is not checked. Without it every key is. */
  readonly accessKeyId?: string;
  /** Buffering hints; Firehose: 1 to 128 MiB, 0 to 900 s. */
  readonly bufferBytes: number;
  readonly bufferMs: number;
  readonly log?: (line: string) => void;
}

export interface StandInStatus extends DeliveryCounts {
  readonly acceptedRecords: number;
  readonly acceptedBytes: number;
  readonly refusedRecords: number;
  readonly requests: number;
  /** Records that are in no S3 object yet. */
  readonly buffered: number;
  /** Objects that are neither in the warehouse nor in a manifest. */
  readonly waiting: number;
}

const ACCOUNT_ID = '000000000000';
const TARGET = 'Firehose_20150804.';
/** A full batch in base64, with JSON around it. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const SLOW_DOWN = { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' };
const MESSAGES = {
  ServiceUnavailableException: 'Slow down.',
  InternalFailure: 'The request processing has failed because of an unknown error, exception or failure.',
  ThrottlingException: 'Rate exceeded',
  LimitExceededException: 'You have already reached the limit for a requested resource.',
};

/**
 * Takes records as Firehose does, and is stricter than kind: what it refuses, Firehose refuses. What was accepted is held
 * in memory until it is in S3, so a stand-in that is killed, other than Firehose, forgets it.
 */
export class FirehoseStandIn {
  readonly faults = new Faults();
  readonly #options: StandInOptions;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #buffer: RecordBuffer;
  readonly #delivery: Delivery;
  readonly #startedMs = Date.now();
  #closing = false;
  #counts = { acceptedRecords: 0, acceptedBytes: 0, refusedRecords: 0, requests: 0 };

  private constructor(options: StandInOptions) {
    this.#options = options;
    this.#delivery = new Delivery({ ...options, faults: this.faults, log: options.log ?? (() => {}) });
    this.#buffer = new RecordBuffer({
      maxBytes: options.bufferBytes,
      intervalMs: options.bufferMs,
      onFull: (records, arrivedMs) => this.#delivery.deliver(records, arrivedMs),
    });
  }

  static async start(options: StandInOptions): Promise<FirehoseStandIn> {
    const standIn = new FirehoseStandIn(options);
    await new Promise<void>((resolve, reject) => {
      standIn.#server.once('error', reject);
      standIn.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
    });
    return standIn;
  }

  /** `http://host:port`. */
  get endpoint(): string {
    const address: AddressInfo | string | null = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the stand-in does not listen');
    return `http://${address.address}:${address.port}`;
  }

  status(): StandInStatus {
    return {
      ...this.#counts,
      buffered: this.#buffer.records,
      waiting: this.#delivery.waiting,
      ...this.#delivery.counts(),
    };
  }

  /** Replaces the script of faults. */
  script(faults: readonly Fault[], seed?: number): void {
    this.faults.set(faults, seed);
  }

  /** Delivers what is buffered; resolves when nothing waits. */
  async flush(): Promise<void> {
    this.#buffer.flush();
    await this.#delivery.idle();
  }

  /** Takes nothing more, delivers what was accepted: into the warehouse, or S3 and a manifest. */
  async close(): Promise<void> {
    this.#closing = true;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    this.#buffer.flush();
    await this.#delivery.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await readBody(request);
      if (request.url?.startsWith('/_control/')) {
        const answer = await answerControl(this, request, body);
        response
          .writeHead(answer.status, { 'content-type': 'application/json' })
          .end(JSON.stringify(answer.body));
        return;
      }
      this.#counts.requests++;
      this.#authenticate(request);
      const scripted = this.faults.strike('request-error');
      if (scripted) throw new WireError(scripted.error, MESSAGES[scripted.error]);
      if (this.#closing) throw new WireError('ServiceUnavailableException', 'The stand-in is being ended.');
      const answer = this.#perform(request, body);
      if (this.faults.strike('cut-after-acceptance')) {
        request.socket.destroy();
        return;
      }
      this.#send(response, 200, answer);
    } catch (error) {
      const { type, message }: { type: WireErrorType; message: string } =
        error instanceof WireError ? error : { type: 'InternalFailure', message: String(error) };
      this.#send(response, STATUS_OF[type], { __type: type, message });
    }
  }

  #perform(request: IncomingMessage, text: string): object {
    const target = String(request.headers['x-amz-target']);
    const isJson = request.headers['content-type'] === 'application/x-amz-json-1.1';
    if (request.method !== 'POST' || !isJson || !target.startsWith(TARGET)) throw unknownOperation(target);
    const body = parseBody(text);
    switch (target.slice(TARGET.length)) {
      case 'PutRecord':
        requireStream(body, { stream: this.#options.stream, accountId: ACCOUNT_ID });
        return this.#putRecord(readRecord(body));
      case 'PutRecordBatch': {
        const records = readRecords(body);
        requireStream(body, { stream: this.#options.stream, accountId: ACCOUNT_ID });
        return this.#putRecordBatch(records);
      }
      case 'DescribeDeliveryStream':
        requireStream(body, { stream: this.#options.stream, accountId: ACCOUNT_ID });
        return this.#describe();
      default:
        throw unknownOperation(target);
    }
  }

  #putRecord(record: Buffer): object {
    if (this.faults.refusedOf(1)[0]) {
      this.#counts.refusedRecords++;
      throw new WireError('ServiceUnavailableException', MESSAGES.ServiceUnavailableException);
    }
    this.#accept([record]);
    return { RecordId: recordId(), Encrypted: false };
  }

  #putRecordBatch(records: readonly Buffer[]): object {
    const refused = this.faults.refusedOf(records.length);
    this.#accept(records.filter((_, index) => !refused[index]));
    const failed = refused.filter(Boolean).length;
    this.#counts.refusedRecords += failed;
    return {
      FailedPutCount: failed,
      Encrypted: false,
      RequestResponses: refused.map((is) => (is ? SLOW_DOWN : { RecordId: recordId() })),
    };
  }

  #accept(records: readonly Buffer[]): void {
    this.#counts.acceptedRecords += records.length;
    this.#counts.acceptedBytes += records.reduce((sum, { length }) => sum + length, 0);
    this.#buffer.add(records);
  }

  #describe(): object {
    const { stream, bucket, prefix, warehouse, bufferBytes, bufferMs, copyRetryMs } = this.#options;
    const s3 = {
      BucketARN: `arn:aws:s3:::${bucket}`,
      Prefix: prefix,
      BufferingHints: {
        SizeInMBs: Math.ceil(bufferBytes / 1024 ** 2),
        IntervalInSeconds: Math.ceil(bufferMs / 1000),
      },
      CompressionFormat: 'GZIP',
    };
    const destination = warehouse
      ? {
          RedshiftDestinationDescription: {
            CopyCommand: {
              DataTableName: warehouse.table,
              DataTableColumns: warehouse.columns.join(','),
              CopyOptions: "JSON 'auto' GZIP",
            },
            RetryOptions: { DurationInSeconds: Math.round(copyRetryMs / 1000) },
            S3DestinationDescription: s3,
          },
        }
      : { ExtendedS3DestinationDescription: s3 };
    return {
      DeliveryStreamDescription: {
        DeliveryStreamName: stream,
        DeliveryStreamARN: `arn:aws:firehose:${REGION}:${ACCOUNT_ID}:deliverystream/${stream}`,
        DeliveryStreamStatus: 'ACTIVE',
        DeliveryStreamType: 'DirectPut',
        VersionId: '1',
        CreateTimestamp: this.#startedMs / 1000,
        Destinations: [{ DestinationId: 'destinationId-000000000001', ...destination }],
        HasMoreDestinations: false,
      },
    };
  }

  #authenticate({ headers: { authorization = '' } }: IncomingMessage): void {
    const credential = /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/\d{8}\/[^/]+\/firehose\/aws4_request,/.exec(
      authorization,
    );
    if (!credential)
      throw new WireError('MissingAuthenticationTokenException', 'Missing Authentication Token');
    const { accessKeyId } = this.#options;
    if (accessKeyId !== undefined && credential[1] !== accessKeyId) {
      throw new WireError(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
    }
  }

  #send(response: ServerResponse, status: number, body: object): void {
    response
      .writeHead(status, {
        'content-type': 'application/x-amz-json-1.1',
        'x-amzn-requestid': randomBytes(16).toString('hex'),
      })
      .end(JSON.stringify(body));
  }
}

const REGION = 'us-east-1';

const recordId = (): string => randomBytes(165).toString('base64');

const unknownOperation = (target: string): WireError =>
  new WireError('UnknownOperationException', `${target} is no operation of this stand-in`);

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new WireError('RequestEntityTooLargeException', 'Request is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
