import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StreamsBuilder } from '../../../src/topology/index.ts';
import { PartitionReader } from '../../../src/topology/kafka/partition-reader.ts';
import { StateKeeper } from '../../../src/topology/kafka/state-keeper.ts';
import { TopicNames } from '../../../src/topology/kafka/task-ids.ts';

const HOUR_MS = 3_600_000;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const key = Buffer.from('k');
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'state-keeper-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

/** One task with one store, whose changelog's ends are those; null: they cannot be learned. */
async function keeperOf(end: number | null) {
  const builder = new StreamsBuilder();
  builder
    .stream('in')
    .groupByKey()
    .count({ materialized: { as: 'counts' } });
  const topology = builder.build();
  const [subTopology] = topology.subTopologies;
  if (!subTopology) throw new Error('no sub-topology');
  const kafka = new Kafka({ brokers: ['nowhere:1'] });
  const admin = Object.assign(kafka.admin(), {
    describeCluster: async () => ({ brokers: [], controller: 0, clusterId: 'cluster' }),
    fetchTopicOffsets: async () => {
      if (end === null) throw new Error('no broker');
      return [{ partition: 0, offset: String(end), low: '0', high: String(end) }];
    },
  });
  const names = new TopicNames('app', topology);
  const keeper = new StateKeeper({
    kafka,
    admin,
    names,
    applicationId: 'app',
    stateDir: dir,
    logger: silent,
  });
  const id = { subTopology, partition: 0 };
  await keeper.prepare([id], new Map([[names.changelog('counts'), { deleteRetentionMs: 24 * HOUR_MS }]]));
  const file = join(dir, 'app', `${subTopology.name}_0`, 'rows', 'data.mdb');
  return { keeper, id, file };
}

/** Rows that were committed up to offset 5, so many hours ago. */
async function rowsOfAge(hours: number): Promise<void> {
  const { keeper, id, file } = await keeperOf(0);
  const state = keeper.open(id);
  await keeper.restore(id, state, new AbortController().signal);
  const write = { store: 'counts', key, value: Buffer.from('v'), timestamp: 0 };
  state.storage.apply([write], new Map([['counts', 5]]));
  state.close();
  const then = new Date(Date.now() - hours * HOUR_MS);
  utimesSync(file, then, then);
}

/** A restore that fails at the first read; what is found then. */
async function afterInterrupted(end: number | null) {
  vi.spyOn(PartitionReader.prototype, 'fetch').mockRejectedValue(new Error('interrupted'));
  const { keeper, id } = await keeperOf(end);
  const state = keeper.open(id);
  await expect(keeper.restore(id, state, new AbortController().signal)).rejects.toThrow();
  state.close();
  const found = keeper.open(id);
  const row = found.storage.rows('counts').get(key);
  found.close();
  return {
    ageHours: Math.round((Date.now() - (found.currentAsOfMs ?? 0)) / HOUR_MS),
    row: row?.toString(),
  };
}

describe('the age of rows after a restore that was interrupted', () => {
  it('is that from before, where the rows were kept and the changelog has gone on', async () => {
    await rowsOfAge(23);
    expect(await afterInterrupted(9)).toEqual({ ageHours: 23, row: 'v' });
  });

  it('is that from before, where it was not known yet whether they are kept', async () => {
    await rowsOfAge(30);
    expect(await afterInterrupted(null)).toEqual({ ageHours: 30, row: 'v' });
  });

  it('counts from the begin of the restore, where they were too old and removed: what was read stays good', async () => {
    await rowsOfAge(30);
    expect(await afterInterrupted(9)).toEqual({ ageHours: 0, row: undefined });
  });
});
