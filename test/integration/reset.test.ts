import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../dev/stack/stack.ts';
import { countersTopology } from '../../src/app/counters.ts';
import { countsTopology } from '../../src/app/counts.ts';
import type { RoleReset } from '../../src/cli/reset-report.ts';
import { resetRoles } from '../../src/cli/reset-run.ts';
import { createRedisCounters } from '../../src/sinks/redis.ts';
import { readCounts } from '../../src/sinks/redis-counts.ts';
import { sharedStack } from '../shared-stack.ts';
import { EngineLab, until } from '../support/engine-lab.ts';
import { feedStats, statsCodec } from '../support/stats-feed.ts';

const PARTITIONS = 2;
const IMAGES = 300;

describe('darkroom reset on a real broker and a real Redis', () => {
  let stack: Stack;
  let lab: EngineLab;
  const stateDir = mkdtempSync(join(tmpdir(), 'darkroom-reset-'));
  beforeAll(async () => {
    stack = await sharedStack();
    lab = await EngineLab.open(stack.addresses.kafka);
  });
  afterAll(async () => {
    await lab.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  /** An application of its own with its topic of statistics, filled. */
  async function application(name: string) {
    const [imageStats = ''] = await lab.topics(PARTITIONS, name);
    const env = {
      KAFKA_BROKERS: stack.addresses.kafka,
      REDIS_URL: stack.addresses.redis,
      REDIS_PREFIX: `${lab.id}-${name}`,
      APPLICATION_ID: `${lab.id}-${name}`,
      TOPIC_STATS: imageStats,
      STATE_DIR: stateDir,
    };
    const stats = { imageStats, codec: statsCodec, onUndecodable: () => {} };
    await feedStats(stack.addresses.kafka, imageStats, PARTITIONS, 0, IMAGES);
    const reset = async (roles: string, how: { dryRun?: true; yes?: true }): Promise<RoleReset> => {
      let out = '';
      const silent = { outIsTerminal: false, errIsTerminal: false, stop: new AbortController().signal };
      const write = (text: string) => {
        out += text;
      };
      await resetRoles({ roles, json: true, ...how }, { env, out: write, err: () => {}, ...silent });
      return JSON.parse(out).roles[0];
    };
    const groups = async () => (await lab.admin.listGroups()).groups.map(({ groupId }) => groupId);
    return { env, stats, reset, groups };
  }

  it('counts the same again in Redis: offsets, fence and counts go together', async () => {
    const { env, stats, reset, groups } = await application('again');
    const settings = { url: env.REDIS_URL, prefix: env.REDIS_PREFIX };
    const applicationId = `${env.APPLICATION_ID}-counters`;
    const countAll = async () => {
      const sink = createRedisCounters(settings);
      const streams = lab.instance(countersTopology({ ...stats, sink, lingerMs: 50 }), { applicationId });
      await streams.start();
      await until('all are counted', async () => total(await readCounts(settings)) === IMAGES);
      return { streams, sink };
    };
    const first = await countAll();
    const before = await readCounts(settings);

    await expect(reset('counters', { yes: true })).rejects.toMatchObject({
      code: 'RESET_REFUSED',
      message: expect.stringContaining('(client engine-test, at '),
    });
    expect(await readCounts(settings)).toEqual(before);
    await first.streams.close();

    const planned = await reset('counters', { dryRun: true });
    expect(planned.plan?.offsets).toEqual([{ topic: stats.imageStats, partitions: PARTITIONS }]);
    expect(planned.redis?.keys).toBeGreaterThan(PARTITIONS);
    expect(await readCounts(settings)).toEqual(before);
    expect(await groups()).toContain(applicationId);

    await reset('counters', { yes: true });
    expect(await readCounts(settings)).toEqual({
      counts: [],
      rebuilding: false,
      incomplete: false,
      missing: [],
    });
    expect(await groups()).not.toContain(applicationId);

    const second = await countAll();
    expect(await readCounts(settings)).toEqual(before);
    await second.streams.close();
    await Promise.all([first.sink.close(), second.sink.close()]);
    expect((await reset('counters', { dryRun: true })).plan?.group).toBe(true);
  });

  it('tells the same windows again: changelogs, repartitions and the state on this machine go too', async () => {
    const { env, stats, reset } = await application('windows');
    const [imageCounts = ''] = await lab.topics(1, 'windows-out');
    const applicationId = `${env.APPLICATION_ID}-counts`;
    const tellAll = async (images: number) => {
      const topology = countsTopology({ ...stats, imageCounts, windowMs: 2_000, graceMs: 1_000 });
      const options = { applicationId, stateDir, idleTimeoutMs: 1_000 };
      const streams = lab.instance(topology, options);
      await streams.start();
      await until('the windows are told', async () => (await windows(imageCounts)).images >= images);
      await streams.close();
      return windows(imageCounts);
    };
    const before = await tellAll(IMAGES);

    const planned = await reset('counts', { dryRun: true });
    expect(planned.plan?.topics.toSorted()).toEqual([
      `${applicationId}-by-customer-and-type-repartition`,
      `${applicationId}-closed-store-changelog`,
      `${applicationId}-minutes-changelog`,
    ]);
    expect(planned.plan?.folders.length).toBeGreaterThan(0);
    await reset('counts', { yes: true });
    const left = await lab.admin.listTopics();
    expect(left.filter((topic) => topic.startsWith(applicationId))).toEqual([]);
    expect(readdirSync(join(stateDir, applicationId))).toEqual([]);

    const after = await tellAll(2 * IMAGES);
    expect(after.images).toBe(2 * before.images);
    expect(after.byKey).toEqual(before.byKey);
  });

  /** What is on the topic of counts: all images told, and by key what the last record says. */
  async function windows(topic: string) {
    const records = await lab.readAll(topic);
    const byKey = new Map<string, string>();
    let images = 0;
    for (const { key, value } of records) {
      const count = await statsCodec.decodeCount(value ?? Buffer.alloc(0));
      if (!count.ok) throw new Error(count.reason);
      images += count.value.processed + count.value.rejected + count.value.failed;
      byKey.set(String(key), JSON.stringify(count.value));
    }
    return { images, byKey };
  }
});

const total = ({ counts }: { readonly counts: readonly { readonly images: number }[] }) =>
  counts.reduce((sum, { images }) => sum + images, 0);
