import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Hostile, makeHostiles } from '../../../dev/samples/hostile/index.ts';
import { DEFAULT_LIMITS } from '../../../src/processors/guard/guard.ts';
import { createDarkroom } from '../../../src/processors/isolation/isolation.ts';
import { STANDARD_PIPELINE } from '../../../src/processors/pipeline.ts';
import type { Darkroom, Developed, Refused } from '../../../src/processors/types.ts';
import { DevelopBench, jpeg, startDarkroom } from '../app/develop-bench.ts';

const SEED = 20_261_128;
const DEADLINE_MS = 20_000;
const ALL_WITHIN_MS = 120_000;
const MIB = 1024 * 1024;
/** A good image goes in behind so many hostile ones. */
const GOOD_EVERY = 10;

let hostiles: Hostile[] = [];
let good: Buffer;
beforeAll(async () => {
  hostiles = await makeHostiles(SEED);
  good = await jpeg(640, 480);
}, 120_000);

const endOf = (result: Developed | Refused) => (result.outcome === 'processed' ? 'processed' : result.code);
const names = (all: readonly Hostile[]) => all.map(({ name }) => name);

describe('hostile inputs', () => {
  it('are at least 300, each by its own name, the same ones for one seed', async () => {
    expect(hostiles.length).toBeGreaterThanOrEqual(300);
    expect(new Set(names(hostiles)).size).toBe(hostiles.length);
    const again = await makeHostiles(SEED);
    expect(names(again)).toEqual(names(hostiles));
    expect(again.filter(({ bytes }, i) => !hostiles[i]?.bytes.equals(bytes))).toEqual([]);
  }, 120_000);

  describe('through the worker processes, mixed with good images', () => {
    let room: Darkroom;
    let results: (Developed | Refused)[] = [];
    let goodResults: (Developed | Refused)[] = [];
    let tookMs = 0;
    let grewBytes = 0;

    beforeAll(async () => {
      room = createDarkroom({
        workers: 2,
        deadlineMs: DEADLINE_MS,
        workerMemoryBytes: 1024 * MIB,
        limits: DEFAULT_LIMITS,
        pipelines: [STANDARD_PIPELINE],
      });
      const alone = await room.develop(good, {});
      const before = process.memoryUsage.rss();
      const watch = setInterval(() => {
        grewBytes = Math.max(grewBytes, process.memoryUsage.rss() - before);
      }, 20);
      const startedMs = performance.now();
      const goods: Promise<Developed | Refused>[] = [Promise.resolve(alone)];
      const all = hostiles.map(({ bytes }, i) => {
        if (i % GOOD_EVERY === 0) goods.push(room.develop(good, {}));
        return room.develop(bytes, {});
      });
      results = await Promise.all(all);
      goodResults = await Promise.all(goods);
      tookMs = performance.now() - startedMs;
      clearInterval(watch);
    }, ALL_WITHIN_MS + 60_000);
    afterAll(() => room.close());

    it('each end as processed or rejected, with a code and a reason of one line', () => {
      const failed = results.flatMap((result, i) =>
        result.outcome === 'failed' ? [`${hostiles[i]?.name}: ${result.code} ${result.reason}`] : [],
      );
      expect(failed).toEqual([]);
      for (const result of results) {
        if (result.outcome === 'processed') continue;
        expect(result.code).toMatch(/^[A-Z]+(_[A-Z]+)+$/);
        expect(result.reason).toMatch(/^[^\n]{10,400}$/);
      }
    });

    it('end as it is expected of each', () => {
      const others = results.flatMap((result, i) => {
        const { name, ends } = hostiles[i] ?? { name: '' };
        return ends && !ends.includes(endOf(result))
          ? [`${name}: ${endOf(result)}, not ${ends.join(' or ')}`]
          : [];
      });
      expect(others).toEqual([]);
      // Neither all refused nor all let through.
      const ends = new Set(results.map(endOf));
      for (const code of [
        'processed',
        'IMAGE_CORRUPT',
        'IMAGE_TOO_MANY_PIXELS',
        'IMAGE_RATIO_TOO_HIGH',
        'IMAGE_TOO_MANY_SCANS',
      ]) {
        expect(ends).toContain(code);
      }
    });

    it('leave the good images as they are alone', () => {
      const [alone, ...others] = goodResults;
      if (alone?.outcome !== 'processed') throw new Error('the good one was processed alone');
      expect(others.length).toBeGreaterThan(30);
      for (const other of others) {
        if (other.outcome !== 'processed') throw new Error(`${other.code}: ${other.reason}`);
        expect(other.renditions).toEqual(alone.renditions);
      }
    });

    it('take bounded time and memory', () => {
      expect(tookMs).toBeLessThan(ALL_WITHIN_MS);
      expect(grewBytes).toBeLessThan(300 * MIB);
      expect(room.workers()).toBeLessThanOrEqual(2);
    });
  });

  it(
    'each leave one event through the whole topology, the good ones between them with renditions',
    async () => {
      const room = startDarkroom();
      const bench = await DevelopBench.open(room);
      try {
        const records = hostiles.flatMap((hostile, i) =>
          i % GOOD_EVERY === 0
            ? [{ name: `good-${i}`, bytes: good, ends: ['processed'] }, hostile]
            : [hostile],
        );
        await Promise.all(
          records.map(({ name, bytes }) => bench.stream(bytes, { 'customer-id': 'acme', 'image-id': name })),
        );
        const events = await bench.events();
        expect(events).toHaveLength(records.length);
        const wrong = events.flatMap((event, i) => {
          const { name, ends } = records[i] ?? { name: '' };
          const end = event.code ?? event.outcome;
          const right = event.outcome !== 'failed' && (ends === undefined || ends.includes(end));
          return right ? [] : [`${name}: ${event.outcome} ${end}`];
        });
        expect(wrong).toEqual([]);
        expect(bench.letters()).toHaveLength(events.filter(({ outcome }) => outcome !== 'processed').length);
      } finally {
        await bench.close();
        await room.close();
      }
    },
    ALL_WITHIN_MS,
  );
});
