import { describe, expect, it } from 'vitest';
import type { NodeSpec } from '../../../src/topology/graph/nodes.ts';
import type { SubTopology, Topology } from '../../../src/topology/graph/topology.ts';
import { internalTopics } from '../../../src/topology/kafka/internal-topics.ts';
import { TopicNames } from '../../../src/topology/kafka/task-ids.ts';
import { repartitionWidths } from '../../../src/topology/kafka/topic-widths.ts';
import type { StoreSpec } from '../../../src/topology/stores/bytes.ts';

interface Part {
  readonly reads: readonly string[];
  readonly writes?: string;
  readonly together?: readonly string[];
  readonly stores?: readonly StoreSpec[];
}

const bytes = () => null;

/** A topology of nothing but sources and sinks. */
function topologyOf(
  parts: readonly Part[],
  repartitions: Readonly<Record<string, number | undefined>>,
): Topology {
  const subTopologies = parts.map(({ reads, writes, together, stores = [] }, id): SubTopology => {
    const source: NodeSpec = {
      kind: 'source',
      name: `source-${id}`,
      topics: reads,
      deserializeKey: bytes,
      deserializeValue: bytes,
    };
    const sink: NodeSpec[] = writes
      ? [
          {
            kind: 'sink',
            name: `sink-${id}`,
            parents: [source.name],
            topic: writes,
            serializeKey: bytes,
            serializeValue: bytes,
          },
        ]
      : [];
    return {
      id,
      name: `part-${id}`,
      nodes: [source, ...sink],
      stores,
      copartitioned: together ? [together] : [],
    };
  });
  return {
    subTopologies,
    repartitionTopics: Object.entries(repartitions).map(([name, partitions]) => ({
      name,
      ...(partitions ? { partitions } : {}),
    })),
    globalTables: [],
    warnings: [],
    describe: () => '',
  };
}

const widths = (topology: Topology, counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(repartitionWidths(topology, new Map(Object.entries(counts))));

describe('the partitions of repartition topics', () => {
  it('are those of the widest topic that flows in, through another repartition too', () => {
    const topology = topologyOf(
      [
        { reads: ['a'], writes: 'r1' },
        { reads: ['b'], writes: 'r1' },
        { reads: ['r1'], writes: 'r2' },
        { reads: ['r2'] },
      ],
      { r2: undefined, r1: undefined },
    );
    expect(widths(topology, { a: 3, b: 8 })).toEqual({ r1: 8, r2: 8 });
  });

  it('are those of the topic that it is joined with', () => {
    const topology = topologyOf(
      [
        { reads: ['a'], writes: 'r' },
        { reads: ['r', 'table'], together: ['r', 'table'] },
      ],
      { r: undefined },
    );
    expect(widths(topology, { a: 3, table: 12 })).toEqual({ r: 12 });
  });

  it('are equal in a join of two: an explicit number decides, else the wider side', () => {
    const parts = [
      { reads: ['a'], writes: 'r1' },
      { reads: ['b'], writes: 'r2' },
      { reads: ['r1', 'r2'], together: ['r1', 'r2'] },
    ];
    expect(widths(topologyOf(parts, { r1: undefined, r2: undefined }), { a: 3, b: 7 })).toEqual({
      r1: 7,
      r2: 7,
    });
    expect(widths(topologyOf(parts, { r1: 5, r2: undefined }), { a: 3, b: 7 })).toEqual({ r1: 5, r2: 5 });
  });

  it('decide along a chain of joins', () => {
    const topology = topologyOf(
      [
        { reads: ['a'], writes: 'r1' },
        { reads: ['b'], writes: 'r2' },
        { reads: ['r1', 'r2'], together: ['r1', 'r2'] },
        { reads: ['r2', 'table'], together: ['r2', 'table'] },
      ],
      { r1: undefined, r2: undefined },
    );
    expect(widths(topology, { a: 3, b: 7, table: 4 })).toEqual({ r1: 4, r2: 4 });
  });

  it('that differ stop the start, naming each topic and its number', () => {
    const sources = topologyOf([{ reads: ['a', 'b'], together: ['a', 'b'] }], {});
    expect(() => widths(sources, { a: 3, b: 4 })).toThrow(/equal numbers of partitions: a has 3, b has 4\./);
    const declared = topologyOf(
      [
        { reads: ['a'], writes: 'r' },
        { reads: ['r', 'b'], together: ['r', 'b'] },
      ],
      { r: 5 },
    );
    expect(() => widths(declared, { a: 3, b: 4 })).toThrow(/r has 5 \(declared\), b has 4/);
  });
});

describe('changelog topics', () => {
  const store = (name: string, kind: StoreSpec['kind'], extra: Partial<StoreSpec> = {}): StoreSpec => ({
    name,
    kind,
    persistent: true,
    logged: true,
    open: () => ({ name }),
    ...extra,
  });

  it('have a partition for each task, and keep rows as long as the store does', () => {
    const topology = topologyOf(
      [
        { reads: ['a'], writes: 'r' },
        {
          reads: ['r', 'b'],
          stores: [
            store('rows', 'key-value'),
            store('windows', 'window', { retentionMs: 60_000 }),
            store('sessions', 'session', { retentionMs: 5 }),
            store('scratch', 'key-value', { logged: false }),
          ],
        },
      ],
      { r: 6 },
    );
    const counts = new Map([
      ['a', 2],
      ['b', 4],
    ]);
    const made = internalTopics(topology, new TopicNames('app', topology), counts).map(
      ({ topic, partitions, config }) => [
        topic,
        partitions,
        config['cleanup.policy'],
        config['retention.ms'],
        config['message.timestamp.type'],
      ],
    );
    expect(made).toEqual([
      ['app-r', 6, 'delete', '-1', undefined],
      ['app-rows-changelog', 6, 'compact', undefined, 'CreateTime'],
      ['app-windows-changelog', 6, 'compact,delete', '86460000', 'LogAppendTime'],
      ['app-sessions-changelog', 6, 'compact,delete', '86400005', 'LogAppendTime'],
    ]);
  });
});
