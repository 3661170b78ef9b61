import { warehouseTopology } from '../../app/warehouse.ts';
import type { Probe } from '../../observability/metrics.ts';
import { createFirehoseSink, type FirehoseSink } from '../../sinks/firehose.ts';
import { registryOf } from './registry.ts';
import type { Role, RoleContext } from './role.ts';
import { leaveOut, STATS_MEMORY_BYTES } from './stats.ts';
import { streamsRole } from './streams-role.ts';

/** Statistics into Firehose, which copies them into the stage of the warehouse. */
export function warehouseRole(
  context: RoleContext,
  settings: NonNullable<RoleContext['config']['firehose']>,
): Role {
  const { config, logger } = context;
  const { region, credentials } = config.s3;
  const registry = registryOf(config);
  const sink = createFirehoseSink({
    stream: settings.stream,
    region,
    ...(settings.endpoint ? { endpoint: settings.endpoint } : {}),
    ...(credentials ? { credentials: { ...credentials } } : {}), // the SDK writes into it
    onTooLarge: ({ context: { topic, partition, offset } }, bytes) =>
      logger.error({ topic, partition, offset, bytes }, 'a row is too large for Firehose and is left out'),
  });
  const topology = warehouseTopology({
    imageStats: config.topics.stats,
    codec: registry.codec,
    sink,
    lingerMs: settings.lingerMs,
    onUndecodable: leaveOut(logger),
  });
  return streamsRole(
    {
      name: 'warehouse',
      topology,
      dependencies: [registry.dependency, { name: 'Firehose', reach: (signal) => sink.check({ signal }) }],
      memoryBudgetBytes: STATS_MEMORY_BYTES,
      probes: firehoseProbes(sink),
      release: () => sink.close(),
    },
    context,
  );
}

const COUNTERS = [
  ['acceptedRows', 'rows_accepted', 'Rows that Firehose has taken'],
  ['acceptedRecords', 'records_accepted', 'Records of packed rows that Firehose has taken'],
  ['acceptedBytes', 'bytes_accepted', 'Their bytes'],
  ['billedBytes', 'bytes_billed', 'Their bytes in steps of 5 KB a record, as the bill counts'],
  ['requests', 'requests', 'Requests to Firehose'],
  ['refusedRecords', 'records_refused', 'Records that were refused within a request, and sent again'],
  ['rowsTooLarge', 'rows_too_large', 'Rows that no record can hold'],
] as const;

const firehoseProbes = (sink: FirehoseSink): readonly Probe[] =>
  COUNTERS.map(([field, name, help]) => ({
    name: `darkroom_firehose_${name}_total`,
    help,
    kind: 'counter',
    read: () => [{ value: sink.counts()[field] }],
  }));
