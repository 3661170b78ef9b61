import { describe, expect, it } from 'vitest';
import { otherwise, StreamsBuilder, toJson, toMermaid } from '../../../src/topology/index.ts';

function everyKind() {
  const builder = new StreamsBuilder();
  const stream = builder.stream('in').mapAsync(async (value) => value, { concurrency: 2, timeoutMs: 1_000 });
  const { large, small } = stream.split({ large: () => true, small: otherwise }, { as: 'size-' });
  large.repartition({ as: 'by "key"'.replaceAll(/[ "]/g, '-') }).to('out');
  small.to({ name: 'by-day', extract: () => 'out' });
  small.to({ name: 'archive', write: async () => {} });
  return builder.build();
}

describe('describe()', () => {
  it('shows what Kafka Streams does not have in the same form', () => {
    expect(everyKind().describe()).toBe(`Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-MAPASYNC-0000000001
    Processor: KSTREAM-MAPASYNC-0000000001 (stores: [])
      --> size-
      <-- KSTREAM-SOURCE-0000000000
    Processor: size- (stores: [])
      --> size-large, size-small
      <-- KSTREAM-MAPASYNC-0000000001
    Processor: size-large (stores: [])
      --> by--key--repartition-filter
      <-- size-
    Processor: size-small (stores: [])
      --> KSTREAM-SINK-0000000009, KSTREAM-SINK-0000000010
      <-- size-
    Processor: by--key--repartition-filter (stores: [])
      --> by--key--repartition-sink
      <-- size-large
    Sink: KSTREAM-SINK-0000000009 (extractor class: by-day)
      <-- size-small
    Sink: KSTREAM-SINK-0000000010 (external: archive)
      <-- size-small
    Sink: by--key--repartition-sink (topic: by--key--repartition)
      <-- by--key--repartition-filter

  Sub-topology: 1
    Source: by--key--repartition-source (topics: [by--key--repartition])
      --> KSTREAM-SINK-0000000008
    Sink: KSTREAM-SINK-0000000008 (topic: out)
      <-- by--key--repartition-source

`);
  });
});

describe('toMermaid', () => {
  it('draws topics as cylinders and sub-topologies as boxes', () => {
    const builder = new StreamsBuilder();
    builder.stream('in', { as: 'source' }).to('out', { as: 'sink' });
    expect(toMermaid(builder.build())).toBe(`flowchart LR
  subgraph sub0["Sub-topology 0: source"]
    n0["source"]
    n1["sink"]
  end
  t0[("in")]
  t1[("out")]
  t0 --> n0
  n0 --> n1
  n1 --> t1
`);
  });

  it('joins two sub-topologies by the topic between them', () => {
    const text = toMermaid(everyKind());
    const topic = /(t\d+)\[\("by--key--repartition"\)\]/.exec(text)?.[1];
    expect(text).toMatch(new RegExp(`n\\d+ --> ${topic}\n`));
    expect(text).toMatch(new RegExp(`${topic} --> n\\d+\n`));
    expect(text).toContain('[["KSTREAM-MAPASYNC-0000000001"]]');
    expect(text).toContain('[/"archive"/]');
  });
});

describe('toJson', () => {
  it('survives JSON and names every node with what it reads and writes', () => {
    const plain = JSON.parse(JSON.stringify(toJson(everyKind())));
    expect(plain.repartitionTopics).toEqual([{ name: 'by--key--repartition' }]);
    expect(plain.subTopologies.map((part: { name: string }) => part.name)).toEqual(['in', 'by--key-']);
    expect(plain.subTopologies[0].nodes).toContainEqual({
      kind: 'processor',
      name: 'KSTREAM-MAPASYNC-0000000001',
      parents: ['KSTREAM-SOURCE-0000000000'],
      operator: 'async',
      concurrency: 2,
      timeoutMs: 1_000,
    });
    expect(plain.subTopologies[0].nodes).toContainEqual(
      expect.objectContaining({ kind: 'external-sink', external: 'archive' }),
    );
  });
});
