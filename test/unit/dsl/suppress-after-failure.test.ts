import { expect, test } from 'vitest';
import { StreamsBuilder, TopologyTestDriver, untilTimeLimit } from '../../../src/topology/index.ts';
import { MemoryStorage } from '../../../src/topology/stores/memory-storage.ts';
import { texts } from '../joins/lab.ts';

test('a record that failed takes no place in a buffer that is bounded', async () => {
  const builder = new StreamsBuilder();
  const input = builder.stream('in', texts);
  input
    .toTable({ materialized: texts })
    .suppress(untilTimeLimit(1_000, { maxRecords: 1 }), texts)
    .toStream()
    .to('out', texts);
  input.foreach((value) => {
    if (value === 'x') throw new Error('rejected');
  });
  const driver = new TopologyTestDriver(builder.build(), {
    storage: new MemoryStorage(),
    handlers: { processing: () => 'dead-letter' },
    deadLetterTopic: 'letters',
  });
  const pipe = (key: string, value: string) =>
    driver.pipe({ topic: 'in', key: Buffer.from(key), value: Buffer.from(value), timestamp: 0 });
  await pipe('a', 'x');
  expect(driver.readOutput('letters')).toHaveLength(1);
  await pipe('a', '1');
  expect(driver.readOutput('out')).toEqual([]);
  await pipe('b', '2');
  expect(driver.readOutput('out').map(({ key, value }) => `${key}=${value}`)).toEqual(['a=1']);
  await driver.close();
});
