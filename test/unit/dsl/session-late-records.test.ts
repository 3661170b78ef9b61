import { expect, test } from 'vitest';
import { StreamsBuilder, sessionWindows, TopologyTestDriver } from '../../../src/topology/index.ts';
import { texts } from '../joins/lab.ts';
import { CountingStorage } from '../stores/counting-storage.ts';

test('late records of a key with many sessions read those around them, not all the later ones', async () => {
  const sessions = 400;
  const builder = new StreamsBuilder();
  builder
    .stream('in', texts)
    .groupByKey()
    .windowedBy(sessionWindows({ gapMs: 10, graceMs: 1_000_000 }))
    .reduce((all, value) => `${all}${value}`)
    .toStream((_value, { window }) => `${window.startMs}/${window.endMs}`)
    .to('out', texts);
  const storage = new CountingStorage();
  const driver = new TopologyTestDriver(builder.build(), { storage });
  const pipe = async (value: string, timestamp: number) => {
    await driver.pipe({ topic: 'in', key: Buffer.from('k'), value: Buffer.from(value), timestamp });
    return driver.readOutput('out').map((out) => `${out.key}=${out.value}`);
  };
  for (let session = 0; session < sessions; session += 1) await pipe('a', session * 30);
  storage.rowsRead = 0;
  for (let session = 0; session < sessions; session += 1) {
    const startMs = session * 30;
    const wanted = [`${startMs}/${startMs}=null`, `${startMs}/${startMs + 10}=ab`];
    expect(await pipe('b', startMs + 10)).toEqual(wanted);
  }
  expect(storage.rowsRead).toBeLessThan(10 * sessions);
  expect(await pipe('c', 20)).toEqual(['0/10=null', '30/40=null', '0/40=ababc']);
  await driver.close();
});
