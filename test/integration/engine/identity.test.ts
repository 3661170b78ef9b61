import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { StreamsBuilder, stringSerde, type Topology } from '../../../src/topology/index.ts';
import { sharedStack } from '../../shared-stack.ts';
import { countTopology, wrongCounts } from '../../support/count-topology.ts';
import { EngineLab, tally, until } from '../../support/engine-lab.ts';

const PARTITIONS = 2;
const text = { key: stringSerde, value: stringSerde };

describe('a topology and those who run it', () => {
  let lab: EngineLab;
  beforeAll(async () => {
    lab = await EngineLab.open((await sharedStack()).addresses.kafka);
  });
  afterEach(() => lab.closeInstances());
  afterAll(() => lab.close());

  it('changed: the new one waits outside of the group, ready, until the last of the old has left', async () => {
    const [input = '', output = ''] = await lab.topics(PARTITIONS, 'roll-in', 'roll-out');
    const applicationId = `${lab.id}-roll`;
    const topology = (step: string): Topology => {
      const builder = new StreamsBuilder();
      builder
        .stream(input, text)
        .mapValues((value) => value, { as: step })
        .to(output, text);
      return builder.build();
    };
    const committed = await lab.read(output);
    const old = [1, 2].map(() => lab.instance(topology('old'), { applicationId }));
    await Promise.all(old.map((one) => one.start()));
    await lab.feed(input, PARTITIONS, 0, 100);

    const next = lab.instance(topology('new'), { applicationId });
    const started = next.start();
    await until('it waits', () => next.health().causes.includes('waiting for the old topology'));
    expect(next.health()).toMatchObject({ live: true, ready: true });
    await old[0]?.close();
    await until('the other has taken over', () => old[1]?.metrics().tasksRunning === PARTITIONS);
    await lab.feed(input, PARTITIONS, 100, 200);
    await until('the old go on', () => committed.length >= 200);
    expect(next.metrics().tasks).toBe(0);
    await old[1]?.close();
    await started;
    expect(next.health()).toMatchObject({ ready: true, causes: [] });
    await lab.feed(input, PARTITIONS, 200, 300);
    await until('the new one goes on', () => committed.length >= 300);
    expect(tally(committed, 300)).toEqual({ missing: 0, double: 0 });
  });

  it('with state, and a source that has got more partitions: stops, running or at the start, and says what to do', async () => {
    const [input = '', output = ''] = await lab.topics(PARTITIONS, 'wide-in', 'wide-out');
    const applicationId = `${lab.id}-wide`;
    const topology = countTopology(input, output);
    const [running, other] = [1, 2].map(() => lab.instance(topology, { applicationId }));
    await running?.start();
    await other?.start();
    await lab.admin.createPartitions({ topicPartitions: [{ topic: input, count: PARTITIONS + 1 }] });
    await expect(lab.instance(topology, { applicationId }).start()).rejects.toThrow(
      /counts-changelog has 2 partitions, and the state of counts now needs 3 .*reset the application/,
    );
    await other?.close(); // the group rebalances, and its leader finds the new partition
    await until('it has ended in ERROR', () => running?.state === 'ERROR');
    expect(running?.health().causes.join()).toContain(`${input} has got more partitions than the 2`);
  });

  it('paused: reads nothing until it is resumed, and is called ready', async () => {
    const [input = '', output = ''] = await lab.topics(PARTITIONS, 'paused-in', 'paused-out');
    const committed = await lab.read(output);
    const streams = lab.instance(countTopology(input, output), { applicationId: `${lab.id}-paused` });
    await streams.start();
    streams.pause();
    expect(streams.health()).toMatchObject({ ready: true, causes: ['paused'] });
    await lab.feed(input, PARTITIONS, 0, 100);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const early = committed.length; // a fetch may have been under way
    expect(early).toBe(0);
    streams.resume();
    await until('all are counted', () => committed.length >= 100);
    expect(wrongCounts(committed, 100)).toEqual([]);
  });

  it('with a task that fails by chance: takes it over anew where the application says so, and loses nothing', async () => {
    const [input = '', output = ''] = await lab.topics(PARTITIONS, 'luck-in', 'luck-out');
    let bad = 3;
    const builder = new StreamsBuilder();
    builder
      .stream(input, text)
      .mapValues((value) => {
        if (value === '50' && bad-- > 0) throw new Error('bad luck');
        return value;
      })
      .to(output, text);
    const committed = await lab.read(output);
    const seen: string[] = [];
    const streams = lab.instance(builder.build(), {
      applicationId: `${lab.id}-luck`,
      onUncaughtError: (error) => {
        seen.push(error.message);
        return 'replace-task';
      },
    });
    await streams.start();
    await lab.feed(input, PARTITIONS, 0, 100);
    await until('all are through', () => committed.length >= 100);
    expect(tally(committed, 100)).toEqual({ missing: 0, double: 0 });
    expect(seen).toEqual(['bad luck', 'bad luck', 'bad luck']);
    expect(streams.state).toBe('RUNNING');
  });
});
