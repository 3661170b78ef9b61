import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeDeliveryStreamCommand,
  FirehoseClient,
  PutRecordBatchCommand,
  type PutRecordBatchResponseEntry,
} from '@aws-sdk/client-firehose';
import { StreamsError } from '../topology/errors.ts';
import { type ExternalSink, type SinkRecord, SinkWriteError } from '../topology/external-sink.ts';
import { type AwsPlace, clientSettings } from './aws-client.ts';
import { firehoseError, unavailable } from './firehose-errors.ts';
import { billedBytes, fitsRecord, type PackedRecord, packRecords, packRequests } from './firehose-packing.ts';

export interface FirehoseSettings extends AwsPlace {
  /** Name of the delivery stream; it takes direct PUT. */
  readonly stream: string;
  /** One attempt of one request, ms; 30 s by default. */
  readonly timeoutMs?: number;
  /** Told of a row that no record of Firehose can hold; it is left out, or nothing would ever come after it. */
  readonly onTooLarge: (record: SinkRecord<unknown, object>, bytes: number) => void;
}

/** What was sent since the start; `accepted` only what Firehose has confirmed. */
export interface FirehoseCounts {
  readonly acceptedRows: number;
  readonly acceptedRecords: number;
  readonly acceptedBytes: number;
  /** In steps of 5 KB a record, as the bill counts. */
  readonly billedBytes: number;
  readonly requests: number;
  /** Records that were refused within an accepted request, and sent again. */
  readonly refusedRecords: number;
  readonly rowsTooLarge: number;
}

export interface FirehoseSink extends ExternalSink<unknown, object> {
  /**
   * Throws FIREHOSE_STREAM_MISSING, FIREHOSE_ACCESS_DENIED, FIREHOSE_CREDENTIALS_… (`fail`) when the stream is not to be
   * used, FIREHOSE_UNAVAILABLE (`retry`) when Firehose does not answer.
   */
  check(options: { readonly signal: AbortSignal }): Promise<void>;
  counts(): FirehoseCounts;
  close(): Promise<void>;
}

/** Refused entries are sent again so often at once; then the engine waits longer, and health shows why. */
const ENTRY_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 100;

/**
 * Rows as JSON lines in Firehose, packed into few records. Of a batch that Firehose takes in part only the rest is sent
 * again. At least once: what was accepted when the connection broke is sent again.
 */
export function createFirehoseSink(settings: FirehoseSettings): FirehoseSink {
  const { stream, timeoutMs = 30_000, onTooLarge } = settings;
  const client = new FirehoseClient(clientSettings(settings));
  const counts = {
    acceptedRows: 0,
    acceptedRecords: 0,
    acceptedBytes: 0,
    billedBytes: 0,
    requests: 0,
    refusedRecords: 0,
    rowsTooLarge: 0,
  };
  let provenRight = false;

  /** One attempt; an error of the SDK becomes what it means, an abort its reason. */
  const ask = async <T>(signal: AbortSignal, request: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await request(AbortSignal.any([signal, timeout]));
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted) throw unavailable(stream, `no answer within ${timeoutMs} ms`);
      throw firehoseError(error, stream, provenRight);
    }
  };

  const put = async (records: readonly PackedRecord[], signal: AbortSignal) => {
    counts.requests++;
    const { RequestResponses: entries = [] } = await ask(signal, (abortSignal) =>
      client.send(
        new PutRecordBatchCommand({
          DeliveryStreamName: stream,
          Records: records.map(({ data }) => ({ Data: data })),
        }),
        { abortSignal },
      ),
    );
    if (entries.length !== records.length) {
      throw unavailable(stream, `it answered for ${entries.length} of ${records.length} records`);
    }
    provenRight = true;
    return entries;
  };

  const accept = (record: PackedRecord): void => {
    counts.acceptedRows += record.indexes.length;
    counts.acceptedRecords++;
    counts.acceptedBytes += record.data.length;
    counts.billedBytes += billedBytes(record);
  };

  /** Sends a request until all of it is accepted; returns what is not after so many attempts, and why. */
  const deliver = async (request: readonly PackedRecord[], signal: AbortSignal): Promise<Undelivered> => {
    let left = request;
    for (let attempt = 1; ; attempt++) {
      let entries: readonly PutRecordBatchResponseEntry[];
      try {
        entries = await put(left, signal);
      } catch (error) {
        if (!(error instanceof StreamsError) || error.disposition !== 'retry') throw error;
        return { records: left, reason: error.message };
      }
      const isRefused = (_: PackedRecord, index: number) => entries[index]?.ErrorCode !== undefined;
      left.filter((record, index) => !isRefused(record, index)).forEach(accept);
      left = left.filter(isRefused);
      counts.refusedRecords += left.length;
      const code = entries.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode;
      const reason = `Firehose refuses ${left.length} record(s) for ${stream}: ${code}`;
      if (left.length === 0 || attempt === ENTRY_ATTEMPTS) return { records: left, reason };
      await pause(attempt, signal);
    }
  };

  return {
    name: `firehose ${stream}`,
    async write(batch, { signal }) {
      const lines = batch.map(({ value }, index) => ({
        index,
        bytes: Buffer.from(`${JSON.stringify(value)}\n`),
      }));
      const requests = packRequests(packRecords(lines.filter(fitsRecord)));
      for (const [at, request] of requests.entries()) {
        const { records, reason } = await deliver(request, signal);
        if (records.length === 0) continue;
        const unsent = [...records, ...requests.slice(at + 1).flat()];
        throw new SinkWriteError(
          reason,
          unsent.flatMap(({ indexes }) => indexes),
        );
      }
      for (const line of lines) {
        const record = batch[line.index];
        if (fitsRecord(line) || !record) continue;
        counts.rowsTooLarge++;
        onTooLarge(record, line.bytes.length);
      }
    },
    async check({ signal }) {
      const { DeliveryStreamDescription: description } = await ask(signal, (abortSignal) =>
        client.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: stream }), { abortSignal }),
      );
      const status = description?.DeliveryStreamStatus;
      if (status !== 'ACTIVE') throw unavailable(stream, `the stream is ${status}`);
      provenRight = true;
    },
    counts: () => ({ ...counts }),
    close: async () => client.destroy(),
  };
}

interface Undelivered {
  readonly records: readonly PackedRecord[];
  readonly reason: string;
}

/** Full jitter, as AWS recommends (Brooker, "Exponential Backoff And Jitter"). */
async function pause(attempt: number, signal: AbortSignal): Promise<void> {
  const ms = Math.random() * FIRST_PAUSE_MS * 2 ** attempt;
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
