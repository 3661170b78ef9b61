import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectProducer } from '../../src/topology/index.ts';
import { sharedStack } from '../shared-stack.ts';
import { examplesOf, writeExamples } from '../support/doc-examples.ts';
import { EngineLab, until } from '../support/engine-lab.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const MINUTE_MS = 60_000;

describe('the last step of the guide to the engine', () => {
  let lab: EngineLab;
  let folder: string;
  let brokers: string;
  let child: ChildProcess | undefined;
  beforeAll(async () => {
    brokers = (await sharedStack()).addresses.kafka;
    lab = await EngineLab.open(brokers);
    folder = await mkdtemp(join(tmpdir(), 'guide-'));
    writeExamples(folder, examplesOf('streams/guide.md'));
  });
  afterAll(async () => {
    if (child?.exitCode === null) child.kill('SIGKILL');
    await lab.close();
    await rm(folder, { recursive: true });
  });

  it('counts views by the minute and names visitors on a broker, and ends in order', async () => {
    await lab.admin.createTopics({
      topics: ['views', 'visitors', 'minutes', 'named-views'].map((topic) => ({ topic, numPartitions: 4 })),
      waitForLeaders: true,
    });
    const [minutes, named] = await Promise.all([lab.read('minutes'), lab.read('named-views')]);
    const settings = { brokers: [brokers], clientId: 'guide-test' };
    const producer = await connectProducer(settings, silent);
    const put = (topic: string, key: string, value: string, timestamp: number) =>
      producer.send([{ topic, key: Buffer.from(key), value: Buffer.from(value), timestamp, headers: [] }]);
    const noonMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;
    await put('visitors', 'ann', 'Ann Lee', noonMs - 1);
    await put('views', 'ann', '/pricing', noonMs);
    await put('views', 'ann', '/pricing', noonMs + 1_000);

    child = spawn(process.execPath, ['run.ts'], {
      cwd: folder,
      env: { ...process.env, KAFKA: brokers },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = once(child, 'exit');
    await until('views have names', () => named.length === 2);
    expect(named.map(({ value }) => value)).toEqual(['Ann Lee saw /pricing', 'Ann Lee saw /pricing']);
    await put('views', 'ann', '/pricing', noonMs + 2 * MINUTE_MS);
    await until('the minute is over', () => minutes.length > 0);
    const noon = new Date(noonMs).toISOString().slice(11, 16);
    expect(minutes.map(({ key, value }) => `${key} ${value}`)).toEqual([`/pricing ${noon} 2`]);
    expect(existsSync(join(folder, 'state', 'page-views'))).toBe(true);

    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await producer.close();
  });
});
