import { expect, test } from 'vitest';
import {
  StreamsBuilder,
  TopologyTestDriver,
  timeWindows,
  untilTimeLimit,
  untilWindowCloses,
} from '../../../src/topology/index.ts';
import { MemoryStorage } from '../../../src/topology/stores/memory-storage.ts';
import { texts } from '../joins/lab.ts';
import { CountingStorage } from '../stores/counting-storage.ts';

const toBytes = (text: string) => Buffer.from(text);

test('a window with many keys closes in work that grows with its keys, not with their square', async () => {
  const keys = 1_000;
  const builder = new StreamsBuilder();
  builder
    .stream('in', texts)
    .groupByKey()
    .windowedBy(timeWindows({ sizeMs: 10, graceMs: 0 }))
    .reduce((_all, value) => value)
    .suppress(untilWindowCloses(), { as: 'held' })
    .toStream((_value, { key }) => key)
    .to('out', texts);
  const storage = new CountingStorage();
  const driver = new TopologyTestDriver(builder.build(), { storage });
  const pipe = (key: string, timestamp: number) =>
    driver.pipe({ topic: 'in', key: toBytes(key), value: toBytes('1'), timestamp });
  for (let key = 0; key < keys; key += 1) await pipe(`${key}`, 1);
  storage.rowsRead = 0;
  await pipe('closing', 10);
  expect(driver.readOutput('out')).toHaveLength(keys);
  expect(storage.rowsRead).toBeLessThan(5 * keys);
  await driver.close();
});

function limited(rejects: (value: string | null) => boolean) {
  const builder = new StreamsBuilder();
  const changes = builder.table('in', texts).suppress(untilTimeLimit(10), { as: 'held' }).toStream();
  changes.to('out', texts);
  changes.foreach((value) => {
    if (rejects(value)) throw new Error('rejected');
  });
  const driver = new TopologyTestDriver(builder.build(), {
    storage: new MemoryStorage(),
    handlers: { processing: () => 'dead-letter' },
    deadLetterTopic: 'letters',
  });
  const pipe = async (key: string, timestamp: number) => {
    await driver.pipe({ topic: 'in', key: toBytes(key), value: toBytes(key), timestamp });
    return driver.readOutput('out').map((record) => `${record.key}`);
  };
  return { driver, pipe };
}

test('a change that is due before all that waited when the buffer was last looked at goes out first', async () => {
  const { driver, pipe } = limited(() => false);
  expect(await pipe('first', 100)).toEqual([]);
  expect(await pipe('second', 111)).toEqual(['first']);
  expect(await pipe('late', 105)).toEqual([]);
  expect(await pipe('later', 101)).toEqual(['later']);
  expect(await pipe('end', 200)).toEqual(['late', 'second']);
  await driver.close();
});

test('changes that had gone out when their record failed wait again, and go out with the next', async () => {
  let failing = true;
  const { driver, pipe } = limited((value) => failing && value === 'c');
  for (const key of ['a', 'b', 'c', 'd']) await pipe(key, key.charCodeAt(0) - 97);
  expect(await pipe('closing', 50)).toEqual([]);
  expect(driver.readOutput('letters')).toHaveLength(1);
  failing = false;
  expect(await pipe('closing', 50)).toEqual(['a', 'b', 'c', 'd']);
  await driver.close();
});
