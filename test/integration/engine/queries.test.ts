import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stringSerde } from '../../../src/topology/index.ts';
import { sharedStack } from '../../shared-stack.ts';
import { COUNTS, counts, countTopology, KEYS } from '../../support/count-topology.ts';
import { EngineLab, until } from '../../support/engine-lab.ts';

const PARTITIONS = 4;

describe('the stores of an application, asked from outside', () => {
  let lab: EngineLab;
  beforeAll(async () => {
    lab = await EngineLab.open((await sharedStack()).addresses.kafka);
  });
  afterEach(() => lab.closeInstances());
  afterAll(() => lab.close());

  it('give the rows of the tasks that run here, and say who has the others', async () => {
    const [input = '', output = ''] = await lab.topics(PARTITIONS, 'queried-in', 'queried-out');
    const topology = countTopology(input, output);
    const applicationId = `${lab.id}-queried`;
    const servers = ['one:1', 'two:2'];
    const instances = servers.map((applicationServer) =>
      lab.instance(topology, { applicationId, applicationServer }),
    );
    const [one, two] = instances;
    if (!one || !two) throw new Error('two instances were made');
    const committed = await lab.read(output);
    await one.start();
    await two.start();
    await lab.feed(input, PARTITIONS, 0, 400);
    await until('all are counted', () => committed.length >= 400);

    const here = instances.map((instance) => [...instance.queries.store(counts).all()]);
    expect(here.flat().map(({ key, value }) => `${key}=${value}`)).toHaveLength(KEYS);
    expect(new Set(here.flat().map(({ value }) => value))).toEqual(new Set(['10']));
    for (const rows of here) expect(rows).toHaveLength(KEYS / 2);
    const [row] = here[0] ?? [];
    expect(one.queries.store(counts).get(row?.key ?? '')).toBe('10');
    expect(two.queries.store(counts).get(row?.key ?? '')).toBeNull();
    expect(() => one.queries.store('nothing')).toThrow(/no store "nothing"/);
    expect(one.queries.storeLag().toSorted((a, b) => a.partition - b.partition)).toHaveLength(PARTITIONS / 2);

    // keys of the input decide about partitions: k0 … of the feeder, dealt by hand; the owner is who has the partition
    const owners = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        one.queries.metadataForKey(COUNTS, `k${n}`, stringSerde.serialize),
      ),
    );
    expect(new Set(owners.map(({ server }) => server))).toEqual(new Set(servers));
    for (const { here: isHere, server } of owners) expect(server).toBe(isHere ? 'one:1' : 'two:2');
    const seenByTwo = await two.queries.metadataForKey(COUNTS, 'k3', stringSerde.serialize);
    expect(seenByTwo).toMatchObject({ partition: owners[3]?.partition, server: owners[3]?.server });
    expect(seenByTwo.here).toBe(!owners[3]?.here);
  });
});
