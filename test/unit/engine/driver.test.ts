import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { GlobalTableSpec, NodeSpec, Processor } from '../../../src/topology/graph/nodes.ts';
import { stringSerde } from '../../../src/topology/serde.ts';
import { windowStore } from '../../../src/topology/stores/builders.ts';
import { LmdbStorage } from '../../../src/topology/stores/lmdb-storage.ts';
import { TopologyTestDriver } from '../../../src/topology/testing/driver.ts';
import {
  counting,
  processor,
  sink,
  source,
  type TextStore,
  textStore,
  topologyOf,
} from '../../support/graph-lab.ts';

const drivers: TopologyTestDriver[] = [];
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.close()));
});
const opened = (driver: TopologyTestDriver) => {
  drivers.push(driver);
  return driver;
};

const counts = textStore('counts');
const text = { key: stringSerde, value: stringSerde };
const countNodes: NodeSpec[] = [
  source('in', 'in'),
  processor('count', ['in'], counting(counts), [counts]),
  sink('s', ['count'], 'out'),
];

describe('test topics', () => {
  it('write with times and headers, and read each record once', async () => {
    const driver = opened(
      new TopologyTestDriver(topologyOf(countNodes, [counts]), { initialWallClockMs: 9 }),
    );
    const input = driver.inputTopic('in', { ...text, startMs: 100, autoAdvanceMs: 5 });
    const output = driver.outputTopic('out', text);
    await input.pipe('x', { key: 'a', headers: [['h', Buffer.from('1')]] });
    await input.pipe('x', { key: 'b' });
    input.advanceTime(1_000);
    await input.pipe('x', { key: 'a' });
    await input.pipe('x', { key: 'a', timestamp: 3 });
    await input.pipe('x', { key: 'b' });
    expect(output.size).toBe(5);
    expect(output.read()).toEqual({
      key: 'a',
      value: '1',
      timestamp: 100,
      headers: [['h', Buffer.from('1')]],
    });
    expect(output.readAll().map(({ key, value, timestamp }) => `${key}=${value}@${timestamp}`)).toEqual([
      'b=1@105',
      'a=2@1110',
      'a=3@3',
      'b=2@1115',
    ]);
    expect([output.read(), output.size]).toEqual([undefined, 0]);
    await driver.inputTopic('in', text).pipe('x', { key: 'c' });
    expect(output.read()?.timestamp).toBe(9);
    await input.pipe('x', { key: 'a' });
    await input.pipe('x', { key: 'a' });
    expect([...output.readToMap()]).toEqual([['a', '5']]);
  });
});

describe('stores of a driver', () => {
  it('are read by name, or typed by what made them', async () => {
    const driver = opened(new TopologyTestDriver(topologyOf(countNodes, [counts])));
    await driver.inputTopic('in', text).pipe('x', { key: 'a' });
    expect(driver.store(counts).get('a')).toBe('1');
    expect(driver.store('counts').name).toBe('counts');
    expect(() => driver.store('nowhere')).toThrow('the topology has no store "nowhere"');
    const windows = windowStore('counts', { ...text, windowSizeMs: 1, retentionMs: 1 });
    expect(() => driver.store(windows)).toThrow(/counts/);
  });

  it('go on from what a given storage holds, which stays open', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'driver-'));
    const storage = LmdbStorage.open(folder);
    try {
      for (const expected of ['1', '2']) {
        const driver = new TopologyTestDriver(topologyOf(countNodes, [counts]), { storage });
        await driver.inputTopic('in', text).pipe('x', { key: 'a' });
        expect(driver.outputTopic('out', text).read()?.value).toBe(expected);
        await driver.close();
      }
    } finally {
      storage.close();
      rmSync(folder, { recursive: true });
    }
  });
});

/** A global table of text, fed from `topic`. */
function globalTable(topic: string): GlobalTableSpec & { readonly builder: ReturnType<typeof textStore> } {
  const builder = textStore(`${topic}-table`);
  const supplier = (): Processor => {
    let rows: TextStore | undefined;
    return {
      init(context) {
        rows = context.getStateStore(builder);
      },
      process: ({ key, value }) =>
        rows?.put(key === null ? null : String(key), value === null ? null : String(value)),
    };
  };
  return {
    source: source(`${topic}-source`, topic),
    processor: { name: `${topic}-fill`, supplier },
    store: builder,
    builder,
  };
}

/** Looks its record's key up, ahead of its turn. */
const lookUp = (
  name: string,
  parents: readonly string[],
  { builder }: ReturnType<typeof globalTable>,
): NodeSpec => ({
  kind: 'processor',
  name,
  parents,
  operator: {
    kind: 'pure',
    apply: (record, forward, _context, globals) => {
      const found = builder.narrow(globals(builder.name)).get(String(record.key));
      forward({ ...record, value: `${record.value}/${found}` });
    },
  },
});

describe('global tables', () => {
  it('take records of their topic at once, for all that come later', async () => {
    const table = globalTable('names');
    const nodes = [source('in', 'in'), lookUp('join', ['in'], table), sink('s', ['join'], 'out')];
    const driver = opened(new TopologyTestDriver(topologyOf(nodes, [], [table])));
    const input = driver.inputTopic('in', text);
    const names = driver.inputTopic('names', text);
    await input.pipe('1', { key: 'a' });
    await names.pipe('Ada', { key: 'a' });
    await input.pipe('2', { key: 'a' });
    await names.pipe(null, { key: 'a' });
    await input.pipe('3', { key: 'a' });
    expect(
      driver
        .outputTopic('out', text)
        .readAll()
        .map(({ value }) => value),
    ).toEqual(['1/null', '2/Ada', '3/null']);
    await names.pipe('Bob', { key: 'b' });
    expect(driver.store(table.builder).get('b')).toBe('Bob');
  });

  it('take what the topology itself writes to their topic', async () => {
    const table = globalTable('names');
    const nodes = [
      source('in', 'in'),
      lookUp('join', ['in'], table),
      sink('s', ['join'], 'out'),
      sink('t', ['in'], 'names'),
    ];
    const driver = opened(new TopologyTestDriver(topologyOf(nodes, [], [table])));
    const input = driver.inputTopic('in', text);
    await input.pipe('1', { key: 'a' });
    await input.pipe('2', { key: 'a' });
    expect(
      driver
        .outputTopic('out', text)
        .readAll()
        .map(({ value }) => value),
    ).toEqual(['1/null', '2/1']);
  });

  it('reject what does not fit their serdes, and keep the rows that they have', async () => {
    const table = globalTable('names');
    const strict = {
      ...table,
      source: {
        ...table.source,
        deserializeValue: (_topic: string, bytes: Buffer | null) => {
          if (String(bytes) === 'bad') throw new RangeError('not a name');
          return String(bytes);
        },
      },
    };
    const driver = opened(new TopologyTestDriver(topologyOf([source('in', 'in')], [], [strict])));
    const names = driver.inputTopic('names', text);
    await names.pipe('Ada', { key: 'a' });
    await expect(names.pipe('bad', { key: 'a' })).rejects.toThrow('not a name');
    expect(driver.store(table.builder).get('a')).toBe('Ada');
  });
});

describe('a driver', () => {
  it('feeds back what punctuations write to its own topics before the clock has moved on', async () => {
    const nodes = [
      source('in', 'in'),
      processor('p', ['in'], () => ({
        init: (context) => {
          context.schedule(10, 'wall-clock-time', (timestamp) =>
            context.forward({ key: 'k', value: 'tick', timestamp, headers: [] }),
          );
        },
      })),
      sink('s', ['p'], 'again'),
      source('again', 'again'),
      processor('count', ['again'], counting(counts), [counts]),
      sink('t', ['count'], 'out'),
    ];
    const driver = opened(new TopologyTestDriver(topologyOf(nodes, [counts]), { initialWallClockMs: 0 }));
    await driver.advanceWallClock(10);
    await driver.advanceWallClock(10);
    expect(
      driver
        .outputTopic('out', text)
        .readAll()
        .map(({ value, timestamp }) => `${value}@${timestamp}`),
    ).toEqual(['1@10', '2@20']);
  });

  it('rejects everything once its task has failed', async () => {
    const nodes = [
      source('in', 'in'),
      processor('p', ['in'], () => ({
        process() {
          throw new Error('a bug');
        },
      })),
    ];
    const driver = opened(new TopologyTestDriver(topologyOf(nodes), { initialWallClockMs: 0 }));
    const input = driver.inputTopic('in', text);
    await expect(input.pipe('x')).rejects.toThrow('a bug');
    await expect(input.pipe('x')).rejects.toThrow('a bug');
    await expect(driver.advanceWallClock(1)).rejects.toThrow('a bug');
  });
});
