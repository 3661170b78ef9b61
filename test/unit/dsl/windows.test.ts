import { describe, expect, it } from 'vitest';
import {
  type ProducedRecord,
  StreamsBuilder,
  sessionWindowedSerde,
  sessionWindows,
  stringSerde,
  type Topology,
  TopologyTestDriver,
  timeWindows,
  untilTimeLimit,
  untilWindowCloses,
  type Windowed,
  windowedSerde,
} from '../../../src/topology/index.ts';
import { MemoryStorage } from '../../../src/topology/stores/memory-storage.ts';
import { texts } from '../joins/lab.ts';

const tumbling = timeWindows({ sizeMs: 10, graceMs: 5 });
const shown = ({ key, window }: Windowed<string>) => `${key}@${window.startMs}/${window.endMs}`;

type Closing = 'emit' | 'suppress';

/** Windows of texts, only what is final, as `key@start/end`. */
function finals(closing: Closing, windows: typeof tumbling | ReturnType<typeof sessionWindows>): Topology {
  const builder = new StreamsBuilder();
  const grouped = builder.stream('in', texts).groupByKey();
  const windowed = windows.kind === 'time' ? grouped.windowedBy(windows) : grouped.windowedBy(windows);
  const options = { as: 'joined', materialized: { retentionMs: 600_000 } };
  const reducer = (all: string, value: string | null) => `${all}${value}`;
  const table =
    closing === 'emit'
      ? windowed.emitStrategy('onWindowClose').reduce(reducer, options)
      : windowed.reduce(reducer, options).suppress(untilWindowCloses(), { as: 'held' });
  table.toStream((_value, key) => shown(key)).to('out', texts);
  return builder.build();
}

const show = ({ key, value, timestamp }: ProducedRecord) => `${key}=${value}@${timestamp}`;

function driverOf(topology: Topology, storage = new MemoryStorage()) {
  const driver = new TopologyTestDriver(topology, { initialWallClockMs: 10_000, storage });
  const pipe = async (key: string, value: string, timestamp: number) => {
    await driver.pipe({ topic: 'in', key: Buffer.from(key), value: Buffer.from(value), timestamp });
    return driver.readOutput('out').map(show);
  };
  const idle = async (timeMs: number) => {
    await driver.advanceStreamTime(timeMs);
    return driver.readOutput('out').map(show);
  };
  return { driver, pipe, idle };
}

describe.each<Closing>(['emit', 'suppress'])('windows whose final results go out by %s', (closing) => {
  it('close when input stops and stream time is moved', async () => {
    const { driver, pipe, idle } = driverOf(finals(closing, tumbling));
    expect(await pipe('a', 'x', 3)).toEqual([]);
    expect(await pipe('a', 'y', 7)).toEqual([]);
    expect(await idle(14)).toEqual([]);
    expect(await idle(15)).toEqual(['a@0/10=xy@7']);
    expect(await idle(16)).toEqual([]);
    await driver.close();
  });

  it('take no late record once they have closed on idle input, and count it', async () => {
    const { driver, pipe, idle } = driverOf(finals(closing, tumbling));
    await pipe('a', 'x', 3);
    await idle(20);
    expect(await pipe('a', 'late', 4)).toEqual([]);
    expect(await pipe('b', 'z', 12)).toEqual([]);
    expect(driver.droppedBy.get('late')).toBe(1);
    expect(await idle(40)).toEqual(['b@10/20=z@12']);
    await driver.close();
  });

  it('are sessions too: closed once nothing can join them', async () => {
    const { driver, pipe, idle } = driverOf(finals(closing, sessionWindows({ gapMs: 10, graceMs: 5 })));
    await pipe('a', 'x', 3);
    await pipe('a', 'y', 9);
    // Kafka Streams lets suppress go 1 ms earlier than emitStrategy
    expect(await idle(23)).toEqual([]);
    expect([...(await idle(24)), ...(await idle(25))]).toEqual(['a@3/9=xy@9']);
    await driver.close();
  });
});

describe('emitStrategy', () => {
  it('looks for closed windows at most once an interval of wall clock, but always when input is idle', async () => {
    const { driver, pipe, idle } = driverOf(finals('emit', tumbling));
    await pipe('a', 'x', 3);
    expect(await pipe('a', 'y', 40)).toEqual([]);
    await driver.advanceWallClock(1_000);
    expect(await pipe('a', 'z', 41)).toEqual(['a@0/10=x@3']);
    expect(await pipe('a', 'w', 80)).toEqual([]);
    expect(await idle(81)).toEqual(['a@40/50=yz@41']);
    await driver.close();
  });
});

describe('late records', () => {
  it('are left out once for each closed window that they are too late for', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream('in', texts)
      .groupByKey()
      .windowedBy(timeWindows({ sizeMs: 10, advanceMs: 5, graceMs: 0 }))
      .count()
      .toStream((_value, key) => shown(key))
      .mapValues(String)
      .to('out', texts);
    const { driver, pipe } = driverOf(builder.build());
    await pipe('a', 'x', 20);
    expect(await pipe('a', 'x', 12)).toEqual([]); // both of its windows, 5 to 15 and 10 to 20, are closed
    expect(driver.droppedBy.get('late')).toBe(2);
    expect(await pipe('a', 'x', 17)).toEqual(['a@15/25=2@20']); // of its two, one is
    expect(driver.droppedBy.get('late')).toBe(3);
    await driver.close();
  });
});

describe('suppress', () => {
  function limited(bounds = {}): Topology {
    const builder = new StreamsBuilder();
    builder
      .table('in', texts)
      .suppress(untilTimeLimit(10, bounds), { as: 'held' })
      .toStream()
      .to('out', texts);
    return builder.build();
  }

  it('sends the last change of a key when the first of those that waited is due', async () => {
    const { driver, pipe } = driverOf(limited());
    expect(await pipe('a', '1', 0)).toEqual([]);
    expect(await pipe('a', '2', 9)).toEqual([]);
    expect(await pipe('b', '3', 10)).toEqual(['a=2@9']);
    await driver.close();
  });

  it('says so when windows are to close and the keys have lost theirs', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream('in', texts)
      .groupByKey()
      .windowedBy(tumbling)
      .reduce((_all, value) => value)
      .toStream((_value, { key }) => key)
      .toTable({ materialized: texts })
      .suppress(untilWindowCloses(), { as: 'held' })
      .toStream()
      .to('out', texts);
    const { driver, pipe } = driverOf(builder.build());
    await expect(pipe('a', '1', 0)).rejects.toMatchObject({ code: 'KEY_NOT_WINDOWED' });
    await driver.close();
  });

  it('lets the oldest go early when it is full', async () => {
    const { driver, pipe } = driverOf(limited({ maxRecords: 2 }));
    await pipe('b', '1', 5);
    await pipe('a', '2', 3);
    expect(await pipe('c', '3', 4)).toEqual(['a=2@3']);
    await driver.close();
  });

  it('goes on with what its store has kept', async () => {
    const storage = new MemoryStorage();
    const before = driverOf(limited({ maxRecords: 2 }), storage);
    await before.pipe('a', '1', 0);
    await before.pipe('b', '2', 1);
    await before.driver.close();
    const after = driverOf(limited({ maxRecords: 2 }), storage);
    expect(await after.pipe('c', '3', 2)).toEqual(['a=1@0']);
    expect(await after.pipe('b', '4', 12)).toEqual(['b=4@12', 'c=3@2']);
    await after.driver.close();
  });

  it('fails the task when windows do not fit their buffer, and says what to do', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream('in', texts)
      .groupByKey()
      .windowedBy(tumbling)
      .count()
      .suppress(untilWindowCloses({ maxRecords: 1 }), { as: 'held' });
    const { driver, pipe } = driverOf(builder.build());
    await pipe('a', 'x', 1);
    await expect(pipe('b', 'x', 1)).rejects.toThrow(
      /suppress "held" holds 2 of 1 records.*raise its maxRecords/,
    );
    await driver.close();
  });
});

describe('windowed keys on a topic', () => {
  it('are written as Kafka writes them', () => {
    const time = { key: 'k', window: { startMs: 10, endMs: 25 } };
    const tumblingKey = windowedSerde(stringSerde, 15);
    expect(tumblingKey.serialize('t', time)?.toString('hex')).toBe('6b000000000000000a');
    expect(tumblingKey.deserialize('t', Buffer.from('6b000000000000000a', 'hex'))).toEqual(time);
    const session = { key: 'k', window: { startMs: 3, endMs: 9 } };
    const sessionKey = sessionWindowedSerde(stringSerde);
    expect(sessionKey.serialize('t', session)?.toString('hex')).toBe('6b00000000000000090000000000000003');
    expect(sessionKey.deserialize('t', sessionKey.serialize('t', session))).toEqual(session);
    expect(() => tumblingKey.deserialize('t', Buffer.alloc(3))).toThrow('ends in 8 bytes of time; got 3');
  });
});
