import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { StreamsBuilder, stringSerde, timeWindows, untilWindowCloses } from '../../../src/topology/index.ts';
import { sharedStack } from '../../shared-stack.ts';
import { EngineLab, until } from '../../support/engine-lab.ts';

const text = { key: stringSerde, value: stringSerde };
const MINUTE_MS = 60_000;
const T0 = 1_700_000_040_000; // begins a minute

describe('windows over a takeover', () => {
  let lab: EngineLab;
  let dir: string;
  beforeAll(async () => {
    lab = await EngineLab.open((await sharedStack()).addresses.kafka);
    dir = mkdtempSync(join(tmpdir(), 'windows-'));
  });
  afterEach(() => lab.closeInstances());
  afterAll(async () => {
    await lab.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it.each(['exactly_once', 'at_least_once'] as const)(
    'keep their counts and stream time, on disk and from the changelogs, with %s',
    async (guarantee) => {
      const [input = '', output = ''] = await lab.topics(
        1,
        `windows-${guarantee}-in`,
        `windows-${guarantee}-out`,
      );
      const builder = new StreamsBuilder({ emitIntervalMs: 0 });
      builder
        .stream(input, text)
        .groupByKey(text)
        .windowedBy(timeWindows({ sizeMs: MINUTE_MS, graceMs: 10_000 }))
        .count({ materialized: { as: 'per-minute' } })
        .suppress(untilWindowCloses())
        .toStream((_value, { key, window }) => `${key}@${(window.startMs - T0) / MINUTE_MS}`)
        .mapValues(String)
        .to(output, text);
      const topology = builder.build();
      const committed = await lab.read(output);
      const results = () => committed.map(({ key, value }) => `${key}=${value}`);
      const applicationId = `${lab.id}-windows-${guarantee}`;
      const common = { applicationId, guarantee };
      const group = async () => {
        const [offsets] = await lab.admin.fetchOffsets({ groupId: applicationId, topics: [input] });
        return Number(offsets?.partitions[0]?.offset ?? -1);
      };

      const first = lab.instance(topology, { ...common, stateDir: dir });
      await first.start();
      await lab.put(input, 'a', '1', T0 + 1_000);
      await lab.put(input, 'b', '2', T0 + 2_000);
      await lab.put(input, 'a', '3', T0 + 65_000); // stream time; the first window is open for 5 s more
      await until('all is committed', async () => (await group()) === 3);
      await sleep(2_000); // events of 2023: a broker that went by their times would remove the changelog now
      await first.close();

      const elsewhere = lab.instance(topology, common);
      await elsewhere.start();
      expect(elsewhere.metrics().recordsRestored).toBeGreaterThan(0);
      await lab.put(input, 'a', '4', T0 + 3_000); // late, within grace
      await lab.put(input, 'c', '5', T0 + 69_000);
      await until('all is committed', async () => (await group()) === 5);
      expect(results()).toEqual([]);
      await lab.put(input, 'c', '6', T0 + 71_000);
      await until('the first window closes', () => committed.length === 2);
      expect(results().toSorted()).toEqual(['a@0=2', 'b@0=1']);
      await elsewhere.close();

      const again = lab.instance(topology, { ...common, stateDir: dir });
      await again.start();
      await lab.put(input, 'a', '7', T0 + 5_000); // past grace, which only stream time from before can know
      await lab.put(input, 'd', '8', T0 + 140_000);
      await until('the second window closes', () => committed.length >= 4);
      expect(results().slice(2).toSorted()).toEqual(['a@1=1', 'c@1=2']);
      expect(again.metrics().dropped).toEqual([{ reason: 'late', records: 1 }]);
    },
  );
});
