import type { Probe, ProbeValue } from '../observability/metrics.ts';
import type { StreamsMetrics } from '../topology/kafka/metrics.ts';

type NumberName = {
  [K in keyof StreamsMetrics]: StreamsMetrics[K] extends number ? K : never;
}[keyof StreamsMetrics];

const NUMBERS: readonly (readonly [NumberName, Probe['kind'], string, string])[] = [
  ['tasks', 'gauge', 'darkroom_stream_tasks', 'Tasks that this instance owns'],
  ['tasksRunning', 'gauge', 'darkroom_stream_tasks_running', 'Of them, those that are past their takeover'],
  ['recordsConsumed', 'counter', 'darkroom_stream_records_consumed_total', 'Records that were fetched'],
  [
    'recordsCommitted',
    'counter',
    'darkroom_stream_records_committed_total',
    'Records whose effects are committed',
  ],
  [
    'recordsProduced',
    'counter',
    'darkroom_stream_records_produced_total',
    'Records that were written and committed',
  ],
  ['commits', 'counter', 'darkroom_stream_commits_total', 'Commits'],
  [
    'commitFailures',
    'counter',
    'darkroom_stream_commit_failures_total',
    'Commits after which a task was acquired anew',
  ],
  [
    'duplicatesDropped',
    'counter',
    'darkroom_stream_duplicates_dropped_total',
    'Records that were fetched twice and dropped',
  ],
  ['heldBytes', 'gauge', 'darkroom_stream_held_bytes', 'Bytes that records hold between fetch and turn'],
  ['budgetBytes', 'gauge', 'darkroom_stream_budget_bytes', 'Their bound, MEMORY_BUDGET'],
  ['budgetWaiting', 'gauge', 'darkroom_stream_budget_waiting', 'Pieces of work that wait for room in it'],
  ['buffered', 'gauge', 'darkroom_stream_buffered_records', 'Records that are worked on ahead of their turn'],
  ['queued', 'gauge', 'darkroom_stream_queued_records', 'Records that were fetched and not begun'],
  [
    'recordsRestored',
    'counter',
    'darkroom_stream_records_restored_total',
    'Records of changelogs that were read to restore state',
  ],
  ['retries', 'counter', 'darkroom_stream_retries_total', 'Attempts that failed and were tried again'],
];

/** The engine's numbers for Prometheus; none while there is no engine yet. */
export function streamsProbes(metrics: () => StreamsMetrics | undefined): readonly Probe[] {
  const read = (of: (now: StreamsMetrics) => readonly ProbeValue[]) => () => {
    const now = metrics();
    return now ? of(now) : [];
  };
  return [
    ...NUMBERS.map(
      ([field, kind, name, help]): Probe => ({
        name,
        help,
        kind,
        read: read((now) => [{ value: now[field] }]),
      }),
    ),
    {
      name: 'darkroom_stream_lag_records',
      help: 'Records on a partition that this instance has not fetched',
      kind: 'gauge',
      labels: ['topic', 'partition'],
      read: read(({ lag }) =>
        lag.map(({ topic, partition, records }) => ({
          value: records,
          labels: { topic, partition: String(partition) },
        })),
      ),
    },
    {
      name: 'darkroom_stream_restore_remaining_records',
      help: 'What a store that is being restored has still to read; no sample once it is',
      kind: 'gauge',
      labels: ['store', 'partition'],
      read: read(({ restore }) =>
        restore.map(({ store, partition, remaining }) => ({
          value: remaining,
          labels: { store, partition: String(partition) },
        })),
      ),
    },
    {
      name: 'darkroom_stream_dropped_records_total',
      help: 'Records that were left out, by why',
      kind: 'counter',
      labels: ['reason'],
      read: read(({ dropped }) =>
        dropped.map(({ reason, records }) => ({ value: records, labels: { reason } })),
      ),
    },
    ...(['running', 'waiting', 'retrying'] as const).map(
      (field): Probe => ({
        name: `darkroom_stream_async_${field}`,
        help: `Calls of a step that are ${field}`,
        kind: 'gauge',
        labels: ['step'],
        read: read(({ asyncNodes }) =>
          asyncNodes.map((node) => ({ value: node[field], labels: { step: node.name } })),
        ),
      }),
    ),
  ];
}
