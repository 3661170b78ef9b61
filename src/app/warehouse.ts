import { type ExternalSink, StreamsBuilder, type Topology } from '../topology/index.ts';
import { statisticsRow } from '../warehouse/columns.ts';
import { mapRecord } from './map-record.ts';
import { readStats, type StatsDeps } from './read-stats.ts';

export interface WarehouseDeps extends StatsDeps {
  /** Takes rows as objects; Firehose. */
  readonly sink: ExternalSink<unknown, object>;
  /** How long rows wait for others to be sent with them, ms; 5 s by default. */
  readonly lingerMs?: number;
  /** Rows sent at once. Default 1,500, about 1 MB. */
  readonly maxBatchRecords?: number;
}

/** The application "warehouse": every event becomes one row, with its place in the topic. */
export function warehouseTopology(deps: WarehouseDeps): Topology {
  const { sink, lingerMs = 5_000, maxBatchRecords = 1_500 } = deps;
  const builder = new StreamsBuilder();
  readStats(builder, deps)
    .process(
      mapRecord((record, place) => ({ ...record, value: statisticsRow(record.value, place) })),
      { as: 'row' },
    )
    .to(sink, { as: 'warehouse', lingerMs, maxBatchRecords });
  return builder.build();
}
