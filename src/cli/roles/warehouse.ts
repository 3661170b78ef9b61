import { warehouseTopology } from '../../app/warehouse.ts';
import { createFirehoseSink } from '../../sinks/firehose.ts';
import type { Role, RoleContext } from './role.ts';
import { statsSinkRole } from './stats.ts';

/** Statistics into Firehose, which copies them into the stage of the warehouse. */
export function warehouseRole(
  context: RoleContext,
  settings: NonNullable<RoleContext['config']['firehose']>,
): Role {
  const { config, logger } = context;
  const { region, credentials } = config.s3;
  const { stream, endpoint, lingerMs } = settings;
  const sink = createFirehoseSink({
    stream,
    region,
    endpoint,
    credentials,
    onTooLarge: ({ context: { topic, partition, offset } }, bytes) =>
      logger.error({ topic, partition, offset, bytes }, 'a row is too large for Firehose and is left out'),
  });
  return statsSinkRole(context, {
    name: 'warehouse',
    service: 'Firehose',
    sink,
    topology: (deps) => warehouseTopology({ ...deps, sink, lingerMs }),
    metrics: [
      ['acceptedRows', 'darkroom_firehose_rows_accepted_total', 'Rows that Firehose has taken'],
      [
        'acceptedRecords',
        'darkroom_firehose_records_accepted_total',
        'Records of packed rows that Firehose has taken',
      ],
      ['acceptedBytes', 'darkroom_firehose_bytes_accepted_total', 'Their bytes'],
      [
        'billedBytes',
        'darkroom_firehose_bytes_billed_total',
        'Their bytes in steps of 5 KB a record, as the bill counts',
      ],
      ['requests', 'darkroom_firehose_requests_total', 'Requests to Firehose'],
      [
        'refusedRecords',
        'darkroom_firehose_records_refused_total',
        'Records that were refused within a request, and sent again',
      ],
      ['rowsTooLarge', 'darkroom_firehose_rows_too_large_total', 'Rows that no record can hold'],
    ],
  });
}
