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
    'Failures of tasks, of their commits or anything else',
  ],
  [
    'duplicatesDropped',
    'counter',
    'darkroom_stream_duplicates_dropped_total',
    'Records that were fetched twice and dropped',
  ],
  ['heldBytes', 'gauge', 'darkroom_stream_held_bytes', 'Bytes that records hold between fetch and turn'],
  [
    'budgetBytes',
    'gauge',
    'darkroom_stream_budget_bytes',
    'Their bound: MEMORY_BUDGET for develop, 32 MiB for the others',
  ],
  ['budgetWaiting', 'gauge', 'darkroom_stream_budget_waiting', 'Pieces of work that wait for room in it'],
  ['buffered', 'gauge', 'darkroom_stream_buffered_records', 'Records that are worked on ahead of their turn'],
  ['queued', 'gauge', 'darkroom_stream_queued_records', 'Records that were fetched and not begun'],
  [
    'recordsRestored',
    'counter',
    'darkroom_stream_records_restored_total',
    'Records of changelogs that were read to restore state',
  ],
  ['staged', 'gauge', 'darkroom_stream_staged_records', 'Records that are done and wait for the next commit'],
  ['stagedBytes', 'gauge', 'darkroom_stream_staged_bytes', 'Bytes of what they have left: outputs and rows'],
  [
    'processingSeconds',
    'counter',
    'darkroom_stream_processing_seconds_total',
    'Time spent in turns; by records_committed: of one record',
  ],
  [
    'commitSeconds',
    'counter',
    'darkroom_stream_commit_seconds_total',
    'Time spent in transactions, of all tasks; by commits: of one commit',
  ],
  [
    'longestCommitSeconds',
    'gauge',
    'darkroom_stream_commit_longest_seconds',
    'The longest commit since the process began',
  ],
  [
    'flushSeconds',
    'counter',
    'darkroom_stream_flush_seconds_total',
    'Time spent in writes to sinks outside Kafka before commits, with their retries',
  ],
  ['retries', 'counter', 'darkroom_stream_retries_total', 'Attempts that failed and were tried again'],
];

const remainingOf = (stores: StreamsMetrics['restore' | 'storeLag']): readonly ProbeValue[] =>
  stores.map(({ store, partition, remaining }) => ({
    value: remaining,
    labels: { store, partition: String(partition) },
  }));

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
      name: 'darkroom_stream_state',
      help: '1 for the state that the application is in',
      kind: 'gauge',
      labels: ['state'],
      read: read(({ state }) => [{ value: 1, labels: { state } }]),
    },
    {
      name: 'darkroom_stream_paused',
      help: '1 while the application is paused',
      kind: 'gauge',
      read: read(({ paused }) => [{ value: paused ? 1 : 0 }]),
    },
    {
      name: 'darkroom_stream_task_states',
      help: 'Tasks of this instance by state: acquiring, restoring, running, dropped (taken over anew in a moment)',
      kind: 'gauge',
      labels: ['state'],
      read: read(({ taskStates }) =>
        taskStates.map(({ state, tasks }) => ({ value: tasks, labels: { state } })),
      ),
    },
    {
      name: 'darkroom_stream_lag_records',
      help: 'Records on a partition, as of the last fetch, that are not fetched yet',
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
      read: read(({ restore }) => remainingOf(restore)),
    },
    {
      name: 'darkroom_stream_store_lag_records',
      help: 'What a store of this instance lacks of its changelog; 0 once its task runs',
      kind: 'gauge',
      labels: ['store', 'partition'],
      read: read(({ storeLag }) => remainingOf(storeLag)),
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
