import { checkConfig } from '../config/compile.ts';
import { createLogger } from '../observability/logger.ts';
import { createRegistryCodec } from '../serdes/registry-codec.ts';
import { readTopic } from '../topology/kafka/read-topic.ts';
import { requireTopicNames } from '../topology/kafka/topics.ts';
import type { ConsumedRecord } from '../topology/record.ts';
import { type CheckReport, type TopicEvent, WarehouseCheck } from '../warehouse/check.ts';
import { withWarehouse } from '../warehouse/connection.ts';
import { requireMigrated } from '../warehouse/migrate.ts';
import { withAdmin } from './kafka-admin.ts';
import { kafkaSettings } from './kafka-settings.ts';
import { Failure, type Terminal } from './terminal.ts';

const REGISTRY_TIMEOUT_MS = 10_000;

interface CheckOptions {
  /** ms */
  readonly grace: number;
  readonly json?: true;
}

/** Compares every event that the topic of statistics holds with the rows of the warehouse; throws Failure on a difference. */
export async function checkWarehouse(options: CheckOptions, terminal: Terminal): Promise<void> {
  const { warehouse, registry, topics, ...config } = checkConfig(terminal.env);
  const kafka = kafkaSettings(config.kafka);
  const logger = createLogger({ level: 'silent' });
  const codec = createRegistryCodec({
    ...registry,
    requestTimeoutMs: REGISTRY_TIMEOUT_MS,
    topics: { imageUploads: topics.uploads, imageStats: topics.stats },
  });
  /** Records that are no event: the application leaves them out too. */
  let unreadable = 0;
  const eventOf = async ({ offset, timestamp, value }: ConsumedRecord): Promise<TopicEvent[]> => {
    const decoded = await codec.decodeProcessed(value);
    if (!decoded.ok) {
      unreadable++;
      return [];
    }
    const { eventId, revision } = decoded.value;
    return [{ offset, eventId, revision, timestampMs: timestamp }];
  };
  const report = await withWarehouse(warehouse, async (connection) => {
    await requireMigrated(connection);
    await withAdmin(kafka, logger, async (admin) =>
      requireTopicNames([topics.stats], await admin.topics([topics.stats])),
    );
    const check = new WarehouseCheck(connection, { pendingSinceMs: Date.now() - options.grace });
    const reader = {
      begin: (ranges: readonly { partition: number; from: number }[]) => {
        for (const { partition, from } of ranges) check.begin(partition, from);
      },
      take: async (
        { partition, to }: { partition: number; to: number },
        records: readonly ConsumedRecord[],
      ) => {
        const events = await Promise.all(records.map(eventOf));
        await check.compare(partition, to, events.flat());
      },
    };
    await readTopic(kafka, topics.stats, reader, { logger, signal: terminal.stop });
    return check.finish();
  });
  if (options.json) terminal.out(`${JSON.stringify({ ...report, unreadable })}\n`);
  else terminal.out(`${tableOf(report)}\n${unreadable > 0 ? `${unreadable} records are no events\n` : ''}`);
  if (!report.agree) {
    const details = options.json ? '' : `\n${report.examples.map((line) => `  ${line}`).join('\n')}`;
    throw new Failure(`the warehouse differs from ${topics.stats}${details}`);
  }
}

function tableOf({ partitions, double }: CheckReport): string {
  const columns = [
    'partition',
    'from',
    'to',
    'events',
    'loaded',
    'repeats',
    'pending',
    'missing',
    'unknown',
  ] as const;
  const line = (cells: readonly unknown[]) => cells.map((cell) => String(cell).padStart(10)).join('');
  const rows = partitions.map((report) => line(columns.map((name) => report[name])));
  return [line(columns), ...rows, `${double} events have more than one row`].join('\n');
}
