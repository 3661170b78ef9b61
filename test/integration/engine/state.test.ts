import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedStack } from '../../shared-stack.ts';
import { CountProcess } from '../../support/count-process.ts';
import { COUNTS, countTopology, KEYS, wrongCounts } from '../../support/count-topology.ts';
import { EngineLab, until } from '../../support/engine-lab.ts';

const PARTITIONS = 4;

describe('counts by key, kept in a store', () => {
  let lab: EngineLab;
  let dir: string;
  let run = 0;
  let applicationId: string;
  let input: string;
  let output: string;
  const processes: CountProcess[] = [];

  beforeAll(async () => {
    lab = await EngineLab.open((await sharedStack()).addresses.kafka);
  });
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'state-'));
    applicationId = `${lab.id}-counts-${++run}`;
    [input = '', output = ''] = await lab.topics(PARTITIONS, `in-${run}`, `out-${run}`);
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.kill()));
    await lab.closeInstances();
    rmSync(dir, { recursive: true, force: true });
  });
  afterAll(() => lab.close());

  const changelog = () => `${applicationId}-${COUNTS}-changelog`;

  const changelogRecords = async () => (await lab.readAll(changelog())).length;

  async function start(tasks: number, extra: object = { stateDir: dir }): Promise<CountProcess> {
    const one = await CountProcess.start({ ...lab.options(), applicationId, input, output, ...extra }, tasks);
    processes.push(one);
    return one;
  }

  const lastRestored = (one: CountProcess) => one.said.at(-1)?.restored;

  it('are right with two instances, and lie in a compacted changelog with a partition for each task', async () => {
    const committed = await lab.read(output);
    const topology = countTopology(input, output);
    const [one, two] = [dir, `${dir}-two`].map((stateDir) =>
      lab.instance(topology, { applicationId, stateDir }),
    );
    try {
      await Promise.all([one?.start(), two?.start()]);
      for (let from = 0; from < 2_000; from += 500) await lab.feed(input, PARTITIONS, from, from + 500);
      await until('all are counted', () => committed.length >= 2_000);
      expect(wrongCounts(committed, 2_000)).toEqual([]);
      const { resources } = await lab.admin.describeConfigs({
        includeSynonyms: false,
        resources: [
          { type: kafkajs.ConfigResourceTypes.TOPIC, name: changelog(), configNames: ['cleanup.policy'] },
        ],
      });
      expect(resources[0]?.configEntries[0]?.configValue).toBe('compact');
      expect(await lab.admin.fetchTopicOffsets(changelog())).toHaveLength(PARTITIONS);
      const rows = new Map(
        (await lab.readAll(changelog())).map(({ key, value }) => [String(key), String(value)]),
      );
      expect(rows.size).toBe(KEYS);
      for (const value of rows.values()) expect(value).toBe('50');
    } finally {
      await lab.closeInstances();
      rmSync(`${dir}-two`, { recursive: true, force: true });
    }
  });

  it('go on after SIGKILL on the same folder, having read again only what is missing there', async () => {
    const committed = await lab.read(output);
    const first = await start(PARTITIONS);
    expect(lastRestored(first)).toBe(0);
    for (let fed = 400; fed <= 2_000; fed += 400) {
      await lab.feed(input, PARTITIONS, fed - 400, fed);
      await until('all are counted', () => committed.length >= fed);
    }
    await first.kill();

    // another instance, elsewhere: it has to read everything
    const before = await changelogRecords();
    const other = await start(PARTITIONS, {});
    expect(lastRestored(other)).toBe(before);
    await lab.feed(input, PARTITIONS, 2_000, 2_400);
    await until('all are counted', () => committed.length >= 2_400);
    await other.kill();

    // back on the folder: what the other has added is missing, and at most one commit of each task of its own
    const tail = (await changelogRecords()) - before;
    const again = await start(PARTITIONS);
    const restored = lastRestored(again) ?? 0;
    expect(restored).toBeGreaterThanOrEqual(tail);
    expect(restored).toBeLessThanOrEqual(tail + KEYS);
    expect(restored).toBeLessThan(before);
    await lab.feed(input, PARTITIONS, 2_400, 2_600);
    await until('all are counted', () => committed.length >= 2_600);
    expect(wrongCounts(committed, 2_600)).toEqual([]);
  });

  it('are not harmed by a process that was stopped past its session and wakes up with the folder in its hands', async () => {
    const committed = await lab.read(output);
    const zombie = await start(PARTITIONS);
    await lab.feed(input, PARTITIONS, 0, 1_000);
    await until('all are counted', () => committed.length >= 1_000);
    zombie.signal('SIGSTOP');
    const owner = await start(PARTITIONS);
    expect(readdirSync(join(dir, applicationId)).some((name) => name.includes('~'))).toBe(true);
    await lab.feed(input, PARTITIONS, 1_000, 2_000);
    await until('all are counted', () => committed.length >= 2_000);
    zombie.signal('SIGCONT');
    await zombie.runs(PARTITIONS / 2);
    await owner.runs(PARTITIONS / 2);
    await lab.feed(input, PARTITIONS, 2_000, 3_000);
    await until('all are counted', () => committed.length >= 3_000);
    await Promise.all([zombie.end(), owner.end()]);

    const after = await start(PARTITIONS);
    expect(readdirSync(join(dir, applicationId)).filter((name) => name.includes('~'))).toEqual([]);
    await lab.feed(input, PARTITIONS, 3_000, 3_200);
    await until('all are counted', () => committed.length >= 3_200);
    expect(wrongCounts(committed, 3_200)).toEqual([]);
    await after.end();
  });

  it('begin anew where the folder is ahead of a changelog that was made anew', async () => {
    const committed = await lab.read(output);
    const first = await start(PARTITIONS);
    await lab.feed(input, PARTITIONS, 0, 400);
    await until('all are counted', () => committed.length >= 400);
    await first.end();
    expect(existsSync(join(dir, applicationId))).toBe(true);
    // the same application id on topics made anew: the folder's positions are past the ends
    await lab.admin.deleteTopics({ topics: [changelog(), input] });
    await until('the topics are gone', async () => {
      const topics = await lab.admin.listTopics();
      return !topics.includes(changelog()) && !topics.includes(input);
    });
    await lab.admin.createTopics({
      topics: [{ topic: input, numPartitions: PARTITIONS }],
      waitForLeaders: true,
    });
    const second = await start(PARTITIONS, { stateDir: dir, onOffsetsExpired: 'earliest' });
    expect(lastRestored(second)).toBe(0);
    await lab.feed(input, PARTITIONS, 0, 40);
    await until('all are counted', () => committed.length >= 440);
    expect(wrongCounts(committed.slice(400), 40)).toEqual([]);
    await second.end();
  });
});
