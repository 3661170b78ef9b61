import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { StreamsBuilder, stringSerde } from '../../../src/topology/index.ts';
import { sharedStack } from '../../shared-stack.ts';
import { EngineLab, until } from '../../support/engine-lab.ts';

const ROWS = 300;
const text = { key: stringSerde, value: stringSerde };

describe('a global table on a broker', () => {
  let lab: EngineLab;
  beforeAll(async () => {
    lab = await EngineLab.open((await sharedStack()).addresses.kafka);
  });
  afterEach(() => lab.closeInstances());
  afterAll(() => lab.close());

  it('is read whole by every instance before its tasks run, and followed', async () => {
    const [input = '', output = ''] = await lab.topics(4, 'global-in', 'global-out');
    const [names = ''] = await lab.topics(3, 'global-names');
    await lab.feed(names, 3, 0, ROWS); // key k<n>, value <n>
    const builder = new StreamsBuilder();
    const table = builder.globalTable(names, text);
    builder
      .stream(input, text)
      .leftJoin(
        table,
        (_value, key) => key,
        (value, row) => `${value}:${row}`,
      )
      .to(output, text);
    const topology = builder.build();
    const committed = await lab.read(output);
    const applicationId = `${lab.id}-global`;
    await lab.feed(input, 4, 0, ROWS); // waits for the application: nothing may be joined with half a table
    await Promise.all([1, 2].map(() => lab.instance(topology, { applicationId }).start()));
    await until('all are joined', () => committed.length >= ROWS);
    expect(committed.map(({ value }) => value).toSorted()).toEqual(
      Array.from({ length: ROWS }, (_, n) => `${n}:${n}`).toSorted(),
    );

    await lab.put(names, 'k7', 'seven');
    await until('every instance has the new row', async () => {
      const before = committed.length;
      await lab.feed(input, 4, 7, 8);
      await until('it is joined', () => committed.length > before);
      return committed.at(-1)?.value === '7:seven';
    });
    await lab.put(names, 'k7', null);
    await until('every instance has forgotten the row', async () => {
      const before = committed.length;
      await lab.feed(input, 4, 7, 8);
      await until('it is joined', () => committed.length > before);
      return committed.at(-1)?.value === '7:null';
    });
  });
});
