import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Cancellable, NodeSpec, PunctuationType } from '../../../src/topology/graph/nodes.ts';
import { TopologyTestDriver } from '../../../src/topology/testing/driver.ts';
import { type Behaviour, mapAsync, processor, sink, source, topologyOf } from '../../support/graph-lab.ts';

const drivers: TopologyTestDriver[] = [];
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.close()));
});

/** @param wallClockMs at the start, moved by hand; 'moves': the system's */
function drive(nodes: readonly NodeSpec[], wallClockMs: number | 'moves' = 0): TopologyTestDriver {
  const topology = topologyOf([source('in', 'in'), ...nodes]);
  const driver = new TopologyTestDriver(
    topology,
    wallClockMs === 'moves' ? {} : { initialWallClockMs: wallClockMs },
  );
  drivers.push(driver);
  return driver;
}

const pipe = (driver: TopologyTestDriver, value: string, timestamp: number) =>
  driver.pipe({ topic: 'in', key: null, value: Buffer.from(value), timestamp });
const outputs = (driver: TopologyTestDriver) =>
  driver.readOutput('out').map(({ value, timestamp }) => `${value}@${timestamp}`);

/** Forwards its records, and `tick` at each punctuation. */
const ticking =
  (type: PunctuationType, intervalMs: number, tick = 'tick') =>
  (): Behaviour => ({
    init(context) {
      context.schedule(intervalMs, type, (timestamp) =>
        context.forward({ key: null, value: tick, timestamp, headers: [] }),
      );
    },
  });

describe('a stream-time punctuation', () => {
  it('comes with the first record, behind it, then when time passes a multiple of its interval, once for many', async () => {
    const driver = drive([processor('p', ['in'], ticking('stream-time', 10)), sink('s', ['p'], 'out')]);
    const seen: string[][] = [];
    for (const timestamp of [3, 4, 9, 10, 12, 57, 59, 58, 60]) {
      await pipe(driver, 'r', timestamp);
      seen.push(outputs(driver));
    }
    expect(seen).toEqual([
      ['r@3', 'tick@3'],
      ['r@4'],
      ['r@9'],
      ['r@10', 'tick@10'],
      ['r@12'],
      ['r@57', 'tick@57'],
      ['r@59'],
      ['r@58'],
      ['r@60', 'tick@60'],
    ]);
  });

  it('that is cancelled within its own call does not come again, and one that is made there comes at once', async () => {
    const driver = drive([
      processor('p', ['in'], () => ({
        init(context) {
          const say = (value: string) => (timestamp: number) =>
            context.forward({ key: null, value, timestamp, headers: [] });
          const first: Cancellable = context.schedule(10, 'stream-time', (timestamp) => {
            say('first')(timestamp);
            first.cancel();
            context.schedule(100, 'stream-time', say('second'));
          });
        },
      })),
      sink('s', ['p'], 'out'),
    ]);
    await pipe(driver, 'r', 5);
    expect(outputs(driver)).toEqual(['r@5', 'first@5', 'second@5']);
    await pipe(driver, 'r', 50);
    expect(outputs(driver)).toEqual(['r@50']);
    await pipe(driver, 'r', 100);
    expect(outputs(driver)).toEqual(['r@100', 'second@100']);
  });

  it('of three processors comes in the order of Java’s PriorityQueue', async () => {
    const ticks = ['a', 'b', 'c'].map((name) => processor(name, ['in'], ticking('stream-time', 10, name)));
    const driver = drive([...ticks, sink('s', ['a', 'b', 'c'], 'out')]);
    await pipe(driver, 'r', 1);
    expect(outputs(driver)).toEqual(['r@1', 'r@1', 'r@1', 'a@1', 'c@1', 'b@1']);
  });

  it('keeps its place when what it forwards meets a mapAsync', async () => {
    const driver = drive([
      processor('p', ['in'], ticking('stream-time', 10)),
      mapAsync('slow', ['p'], async (value) => {
        await delay(value === 'tick' ? 15 : 1);
        return `${value}!`;
      }),
      sink('s', ['slow'], 'out'),
    ]);
    await Promise.all([1, 11, 12, 25].map((timestamp) => pipe(driver, 'r', timestamp)));
    expect(outputs(driver)).toEqual(['r!@1', 'tick!@1', 'r!@11', 'tick!@11', 'r!@12', 'r!@25', 'tick!@25']);
  });

  it('keeps its place also where records themselves meet none', async () => {
    const punctuating = processor('q', ['other'], () => ({ ...ticking('stream-time', 10)() }));
    const driver = drive([
      processor('p', ['in'], () => ({})),
      sink('s', ['p'], 'out'),
      source('other', 'other'),
      punctuating,
      mapAsync('slow', ['q'], async (value) => delay(10, `${value}!`)),
      sink('t', ['slow'], 'out'),
    ]);
    await Promise.all([1, 5, 11, 12].map((timestamp) => pipe(driver, 'r', timestamp)));
    expect(outputs(driver)).toEqual(['r@1', 'tick!@1', 'r@5', 'r@11', 'tick!@11', 'r@12']);
  });

  it('has no record to ask about', async () => {
    const driver = drive([
      processor('p', ['in'], () => ({
        init: (context) => void context.schedule(10, 'stream-time', () => void context.recordMetadata()),
      })),
    ]);
    await expect(pipe(driver, 'r', 1)).rejects.toMatchObject({ code: 'NO_RECORD_IN_TURN' });
  });

  it('needs a whole number of milliseconds', () => {
    expect(() => drive([processor('p', ['in'], ticking('stream-time', 0.5))])).toThrow(
      'p schedules a punctuation every 0.5 ms: give a whole number of at least 1',
    );
  });
});

describe('a wall-clock punctuation', () => {
  it('comes at the start + n intervals, once an advance, and is committed without any record', async () => {
    const driver = drive(
      [processor('p', ['in'], ticking('wall-clock-time', 10)), sink('s', ['p'], 'out')],
      1_000,
    );
    const seen: string[][] = [];
    for (const ms of [9, 1, 5, 5, 35, 4, 1]) {
      await driver.advanceWallClock(ms);
      seen.push(outputs(driver));
    }
    expect(seen).toEqual([[], ['tick@1010'], [], ['tick@1020'], ['tick@1055'], [], ['tick@1060']]);
  });

  it('stays behind the records that were chosen before it, and before those that come later', async () => {
    const driver = drive(
      [
        processor('p', ['in'], ticking('wall-clock-time', 10)),
        mapAsync('slow', ['p'], async (value) => delay(value === 'tick' ? 1 : 15, value)),
        sink('s', ['slow'], 'out'),
      ],
      0,
    );
    const before = pipe(driver, 'before', 7);
    const advance = driver.advanceWallClock(10);
    await Promise.all([before, advance, pipe(driver, 'after', 8)]);
    expect(outputs(driver)).toEqual(['before@7', 'tick@10', 'after@8']);
  });

  it('comes by itself where the clock does, until the task is dropped', async () => {
    let calls = 0;
    const driver = drive(
      [
        processor('p', ['in'], () => ({
          init: (context) =>
            void context.schedule(10, 'wall-clock-time', (timestamp) => {
              calls++;
              context.forward({ key: null, value: 'tick', timestamp, headers: [] });
            }),
        })),
        sink('s', ['p'], 'out'),
      ],
      'moves',
    );
    for (let i = 0; i < 200 && calls < 3; i++) await delay(5);
    expect(calls).toBeGreaterThanOrEqual(3);
    await delay(5);
    expect(outputs(driver).length).toBeGreaterThanOrEqual(2);
    await driver.close();
    const atClose = calls;
    await delay(40);
    expect(calls).toBe(atClose);
  });
});

describe('stream time that idle input moves', () => {
  it('reaches nodes that listen, runs punctuations, and never goes back', async () => {
    const driver = drive([
      processor('p', ['in'], () => ({
        init(context) {
          context.schedule(100, 'stream-time', (timestamp) =>
            context.forward({ key: null, value: 'tick', timestamp, headers: [] }),
          );
          context.onStreamTime((timestamp) =>
            context.forward({
              key: null,
              value: `idle ${context.currentStreamTimeMs()}`,
              timestamp,
              headers: [],
            }),
          );
        },
      })),
      mapAsync('slow', ['p'], async (value) => delay(3, value)),
      sink('s', ['slow'], 'out'),
    ]);
    await pipe(driver, 'r', 10);
    outputs(driver);
    await driver.advanceStreamTime(50);
    expect(outputs(driver)).toEqual(['idle 50@50']);
    await driver.advanceStreamTime(40);
    expect(outputs(driver)).toEqual([]);
    await driver.advanceStreamTime(130);
    expect(outputs(driver)).toEqual(['idle 130@130', 'tick@130']);
  });
});
