import { setTimeout as delay } from 'node:timers/promises';
import { produceConfig } from '../config/compile.ts';
import { createLogger } from '../observability/logger.ts';
import { StreamsError } from '../topology/index.ts';
import { connectProducer, type PlainProducer } from '../topology/kafka/clients.ts';
import { errorType } from '../topology/kafka/errors.ts';
import type { ProducedRecord } from '../topology/record.ts';
import { humanBytes, plural } from './file-result.ts';
import { type FoundFile, findFiles } from './find-files.ts';
import { withAdmin } from './kafka-admin.ts';
import { kafkaSettings } from './kafka-settings.ts';
import type { ProduceOptions } from './options.ts';
import { recordValue, type ValueForm } from './record-values.ts';
import { ReferencedFiles } from './referenced-files.ts';
import { streamCodec } from './registry-codec.ts';
import { Failure, ProgressLine, type Terminal } from './terminal.ts';

/** A request holds so much at most; the files of one request must fit into the broker's limit together. */
const MAX_BATCH_BYTES = 512 * 1024;
const MAX_BATCH_RECORDS = 100;

/** Sends the files of `paths`; throws UsageError for missing ones, Failure or StreamsError for what went wrong. */
export async function produce(
  paths: readonly string[],
  options: ProduceOptions,
  terminal: Terminal,
): Promise<void> {
  const form = options.form ?? (options.byReference ? 'reference' : 'bytes');
  const config = produceConfig(terminal.env, { form });
  const topic = options.topic ?? config.topic;
  const files = await findFiles(paths);
  const logger = createLogger({ level: 'silent' });
  const kafka = kafkaSettings(config.kafka);
  await withAdmin(kafka, logger, async (admin) => {
    if (!(await admin.topics([topic])).has(topic)) throw new Failure(noTopic(topic, config.kafka.brokers));
  });
  const codec = config.registry && streamCodec(config.registry, topic);
  await codec?.start();
  const producer = await connectProducer(kafka, logger);
  const references = config.s3 && new ReferencedFiles(config.s3, options.customer);
  const made: ValueForm = references
    ? { form: 'reference', references }
    : codec
      ? { form: 'avro', codec }
      : { form: form === 'json' ? 'json' : 'bytes' };
  try {
    await sendFiles(files, { topic, options, producer, made, terminal });
  } finally {
    references?.close();
    await producer.close();
  }
}

interface Sending {
  readonly topic: string;
  readonly options: ProduceOptions;
  readonly producer: PlainProducer;
  readonly made: ValueForm;
  readonly terminal: Terminal;
}

async function sendFiles(files: readonly FoundFile[], sending: Sending): Promise<void> {
  const { options, terminal } = sending;
  const progress = new ProgressLine(terminal);
  const startedMs = performance.now();
  let sent = 0;
  let sentBytes = 0;
  let batch: FoundFile[] = [];
  let batchBytes = 0;
  const flush = async () => {
    if (batch.length === 0) return;
    await send(batch, sending);
    sent += batch.length;
    sentBytes += batchBytes;
    batch = [];
    batchBytes = 0;
    progress.show(`${sent} of ${plural(files.length, 'image')} sent, ${humanBytes(sentBytes)}`);
  };
  try {
    for (const [index, file] of files.entries()) {
      if (options.rate) {
        const dueMs = startedMs + (index * 1000) / options.rate;
        const waitMs = dueMs - performance.now();
        if (waitMs > 1) {
          await flush();
          await delay(waitMs, undefined, { signal: terminal.stop }).catch(() => {});
        }
      }
      if (terminal.stop.aborted)
        throw new Failure(`stopped after ${sent} of ${plural(files.length, 'image')}`);
      const full = batchBytes + file.bytes > MAX_BATCH_BYTES || batch.length >= MAX_BATCH_RECORDS;
      if (full) await flush();
      batch.push(file);
      batchBytes += file.bytes;
    }
    await flush();
  } finally {
    progress.clear();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const { form } = sending.made;
  const how = form === 'reference' ? ' by reference' : form === 'bytes' ? '' : ` as ${form}`;
  terminal.out(
    `Sent ${plural(sent, 'image')} (${humanBytes(sentBytes)}) of customer ${options.customer} to ${sending.topic}${how} ` +
      `in ${seconds.toFixed(1)} s\n`,
  );
}

async function send(files: readonly FoundFile[], { topic, options, producer, made }: Sending): Promise<void> {
  const records = await Promise.all(
    files.map(async (file): Promise<ProducedRecord> => {
      const { value, headers } = await recordValue(file, options.customer, made);
      return {
        topic,
        key: Buffer.from(file.path),
        timestamp: Date.now(),
        value,
        headers: headers.map(([name, text]) => [name, Buffer.from(text)] as const),
      };
    }),
  );
  try {
    await producer.send(records);
  } catch (error) {
    if (errorType(error) === 'MESSAGE_TOO_LARGE') throw tooLarge(files, error);
    throw error;
  }
}

function tooLarge(files: readonly FoundFile[], cause: unknown): StreamsError {
  const largest = files.toSorted((a, b) => b.bytes - a.bytes)[0];
  return new StreamsError(
    'RECORD_TOO_LARGE',
    'fail',
    `${largest?.path} (${humanBytes(largest?.bytes ?? 0)}) is larger than the broker takes in one record. What to do: send it ` +
      "with --by-reference, or raise the topic's max.message.bytes",
    { cause },
  );
}

const noTopic = (topic: string, brokers: readonly string[]) =>
  `the topic ${topic} does not exist on ${brokers.join(', ')}. What to do: create it, for example with ` +
  `\`kafka-topics.sh --bootstrap-server ${brokers[0]} --create --topic ${topic} --partitions 6\`, or name another with --topic`;
