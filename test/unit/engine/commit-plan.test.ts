import { describe, expect, it } from 'vitest';
import { CommitPlan } from '../../../src/topology/kafka/commit-plan.ts';
import { decodeOffsetMetadata } from '../../../src/topology/kafka/offset-metadata.ts';
import type { StoreSpec, StoreWrite } from '../../../src/topology/stores/bytes.ts';
import type { StagedBatch } from '../../../src/topology/task/stage.ts';

const spec = (name: string, extra: Partial<StoreSpec> = {}): StoreSpec => ({
  name,
  kind: 'key-value',
  persistent: true,
  logged: true,
  open: () => ({ name }),
  ...extra,
});
const planOf = (...stores: StoreSpec[]) =>
  new CommitPlan({ partition: 3, stores, changelogOf: (store) => `app-${store}-changelog` });

const batchOf = (given: Partial<StagedBatch>): StagedBatch => ({
  outputs: [],
  external: new Map(),
  writes: [],
  positions: [],
  records: 0,
  bytes: 0,
  streamTimeMs: 100,
  clocks: new Map([['counts', 90]]),
  partitionTimesMs: new Map([['in-3', 80]]),
  ...given,
});
const write = (
  store: string,
  key: string,
  value: string | null,
  extra: Partial<StoreWrite> = {},
): StoreWrite => ({
  store,
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  timestamp: 5,
  ...extra,
});

describe('what a batch is in Kafka', () => {
  it('has the changes of logged stores behind the outputs, in the partition of the task', () => {
    const output = { topic: 'out', key: null, value: null, timestamp: 1, headers: [] };
    const records = planOf(spec('counts'), spec('scratch', { logged: false })).records(
      batchOf({
        outputs: [output],
        writes: [write('counts', 'a', '1'), write('scratch', 'b', '2'), write('counts', 'c', null)],
      }),
    );
    expect(records[0]).toBe(output);
    expect(records.slice(1)).toEqual([
      {
        topic: 'app-counts-changelog',
        partition: 3,
        key: Buffer.from('a'),
        value: Buffer.from('1'),
        timestamp: 5,
        headers: [],
      },
      {
        topic: 'app-counts-changelog',
        partition: 3,
        key: Buffer.from('c'),
        value: null,
        timestamp: 5,
        headers: [],
      },
    ]);
  });

  it('has rows as the changelog lays them out, and none that are derived or removed by age', () => {
    const changelog = {
      toChangelog: (key: Buffer) => (key.toString().startsWith('index') ? null : key.subarray(1)),
      fromChangelog: () => [],
    };
    const records = planOf(spec('windows', { changelog })).records(
      batchOf({
        writes: [
          write('windows', '0key', 'row'),
          write('windows', 'index', 'row'),
          write('windows', '1', null, { dropsBelow: true }),
        ],
      }),
    );
    expect(records.map(({ key }) => String(key))).toEqual(['key']);
  });

  it('has the offsets of partitions that moved, with the time of the task', () => {
    const plan = planOf();
    plan.startAt([
      { topic: 'in', partition: 3, offset: 10 },
      { topic: 'also', partition: 3, offset: 4 },
    ]);
    const [moved, ...others] = plan.offsets(
      batchOf({ positions: [{ topic: 'in', partition: 3, from: 10, to: 12 }] }),
    );
    expect(others).toEqual([]);
    expect(moved).toMatchObject({ topic: 'in', partition: 3, offset: '12' });
    expect(decodeOffsetMetadata(moved?.metadata)).toEqual({
      streamTimeMs: 100,
      partitionTimeMs: 80,
      clocks: new Map([['counts', 90]]),
    });
    // a punctuation has no offset of its own, and must not take the others back
    const again = plan.offsets(batchOf({}));
    expect(again.map(({ topic, offset }) => [topic, offset])).toEqual([
      ['in', '12'],
      ['also', '4'],
    ]);
  });

  it('tells how far the changelog reaches from the answers, and nothing where an answer is silent', () => {
    const answer = { partition: 3, errorCode: 0 };
    const plan = planOf(spec('counts'), spec('silent'));
    expect(
      plan.changelogPositions([
        { ...answer, topicName: 'out', baseOffset: '900', topicRecords: 7 },
        { ...answer, topicName: 'app-counts-changelog', baseOffset: '40', topicRecords: 5 },
        { ...answer, topicName: 'app-counts-changelog', baseOffset: '45', topicRecords: 2 },
        { ...answer, topicName: 'app-silent-changelog', topicRecords: 2 },
      ]),
    ).toEqual(new Map([['counts', 47]]));
  });
});
