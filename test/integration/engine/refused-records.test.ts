import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorAnswer, StreamsBuilder, stringSerde, type Topology } from '../../../src/topology/index.ts';
import { batchBytes } from '../../../src/topology/task/write-limits.ts';
import { sharedStack } from '../../shared-stack.ts';
import { EngineLab, until } from '../../support/engine-lab.ts';

const LIMIT = 20_000;
const texts = { key: stringSerde, value: stringSerde };
const IN_2099 = Date.parse('2099-01-01T00:00:00Z');

let lab: EngineLab;
beforeAll(async () => {
  lab = await EngineLab.open((await sharedStack()).addresses.kafka);
});
afterEach(() => lab.closeInstances());
afterAll(() => lab.close());

/** Counts all values by key in a store, and passes them on with the count. */
function counted(input: string, output: string): Topology {
  const builder = new StreamsBuilder();
  const stream = builder.stream(input, texts);
  stream.groupByKey(texts).count({ as: 'count', materialized: { as: 'counts' } });
  stream.to(output, texts);
  return builder.build();
}

async function topicsOf(name: string, limit = LIMIT) {
  const [input = '', letters = ''] = await lab.topics(1, `${name}-in`, `${name}-letters`);
  const output = `${lab.id}-${name}-out`;
  const configEntries = [{ name: 'max.message.bytes', value: String(limit) }];
  await lab.admin.createTopics({ topics: [{ topic: output, configEntries }], waitForLeaders: true });
  return { input, output, letters };
}

const answering = (answer: ErrorAnswer) => ({ handlers: { production: () => answer } });
const sizes = async (topic: string) => (await lab.readAll(topic)).map(({ value }) => value?.length);
describe('a record that is too large for its topic', () => {
  it('stops the application with topic, size and setting, and nothing of it is committed', async () => {
    const { input, output } = await topicsOf('too-large');
    const streams = lab.instance(counted(input, output), { applicationId: `${lab.id}-too-large` });
    const failed = new Promise<Error | undefined>((resolve) =>
      streams.onStateChange(({ to, cause }) => to === 'ERROR' && resolve(cause)),
    );
    await streams.start();
    await lab.put(input, 'a', 'x'.repeat(LIMIT));
    const error = await failed;
    expect(error).toMatchObject({ code: 'RECORD_TOO_LARGE' });
    expect(error?.message).toContain(
      `too large for the topic ${output}, whose max.message.bytes is ${LIMIT}`,
    );
    expect(await sizes(output)).toEqual([]);
  });

  it('is left out or diverted alone: what the same record did to stores stays, and others go on', async () => {
    const { input, output, letters } = await topicsOf('diverted');
    const applicationId = `${lab.id}-diverted`;
    const options = { applicationId, deadLetterTopic: letters, ...answering('dead-letter') };
    const streams = lab.instance(counted(input, output), options);
    await streams.start();
    for (const size of [10, LIMIT, 20]) await lab.put(input, 'a', 'x'.repeat(size));
    await until('the others are out', async () => (await sizes(output)).length === 2);
    expect(await sizes(output)).toEqual([10, 20]);
    expect(await sizes(letters)).toEqual([LIMIT]);
    await until('all are counted', async () => {
      const rows = await lab.readAll(`${applicationId}-counts-changelog`);
      return rows.at(-1)?.value?.readBigInt64BE(8) === 3n;
    });
    const { dropped, commits, commitFailures, commitSeconds, processingSeconds, taskStates } =
      streams.metrics();
    expect(dropped).toEqual([{ reason: 'dead-letter', records: 1 }]);
    expect(commitFailures).toBe(0);
    expect([commits > 0, commitSeconds > 0, processingSeconds > 0]).toEqual([true, true, true]);
    expect(taskStates).toContainEqual({ state: 'running', tasks: 1 });
  });

  it('is known to the byte: the largest that the broker takes goes out', async () => {
    const { input, output } = await topicsOf('to-the-byte');
    const of = (size: number) => ({
      topic: output,
      key: Buffer.from('a'),
      value: Buffer.alloc(size),
      timestamp: 0,
      headers: [],
    });
    const largest = LIMIT - (batchBytes(of(LIMIT)) - LIMIT);
    expect(batchBytes(of(largest))).toBe(LIMIT);
    const streams = lab.instance(counted(input, output), {
      applicationId: `${lab.id}-to-the-byte`,
      ...answering('continue'),
    });
    await streams.start();
    for (const size of [largest, largest + 1, 1]) await lab.put(input, 'a', 'x'.repeat(size));
    await until('the last is out', async () => (await sizes(output)).includes(1));
    expect(await sizes(output)).toEqual([largest, 1]);
    expect(streams.metrics().commitFailures).toBe(0);
  });

  it('does not make others fail that are small: no batch is larger than the topic takes', async () => {
    const { input, output } = await topicsOf('many', 2_000);
    const streams = lab.instance(counted(input, output), { applicationId: `${lab.id}-many` });
    await lab.feed(input, 1, 0, 500);
    await streams.start();
    await until('all are out', async () => (await sizes(output)).length === 500);
  });

  it('is found after the fact where the limit was lowered: the task comes again without it', async () => {
    const { input, output } = await topicsOf('lowered', 1_000_000);
    const streams = lab.instance(counted(input, output), {
      applicationId: `${lab.id}-lowered`,
      ...answering('continue'),
    });
    await streams.start();
    await lab.put(input, 'a', 'x'.repeat(LIMIT));
    await until('it is out', async () => (await sizes(output)).length === 1);
    await lab.admin.alterConfigs({
      validateOnly: false,
      resources: [
        { type: 2, name: output, configEntries: [{ name: 'max.message.bytes', value: String(LIMIT) }] },
      ],
    });
    for (const size of [LIMIT, 20]) await lab.put(input, 'a', 'x'.repeat(size));
    await until('the small one is out', async () => (await sizes(output)).length === 2);
    expect(await sizes(output)).toEqual([LIMIT, 20]);
    expect(streams.metrics().commitFailures).toBe(1);
  });
});

describe('a record that is stamped later than its topic allows', () => {
  it('is left out alone, or stops the application with the setting', async () => {
    const [input = '', output = '', letters = ''] = await lab.topics(
      1,
      'late-in',
      'late-out',
      'late-letters',
    );
    await lab.admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: 2,
          name: input,
          configEntries: [{ name: 'message.timestamp.after.max.ms', value: '9223372036854775807' }],
        },
      ],
    });
    const builder = new StreamsBuilder();
    builder.stream(input, texts).to(output, texts);
    const topology = builder.build();
    const applicationId = `${lab.id}-late`;
    const streams = lab.instance(topology, {
      applicationId,
      deadLetterTopic: letters,
      ...answering('dead-letter'),
    });
    await streams.start();
    await lab.put(input, 'a', 'far', IN_2099);
    await lab.put(input, 'a', 'now');
    await until('the next is out', async () => (await lab.readAll(output)).length === 1);
    const [letter] = await lab.readAll(letters);
    expect(String(letter?.value)).toBe('far');
    expect(Object.fromEntries(letter?.headers ?? [])).toMatchObject({
      '__streams.errors.exception': Buffer.from('RECORD_TIME_REFUSED'),
    });
    await streams.close();

    const strict = lab.instance(topology, { applicationId });
    const failed = new Promise<Error | undefined>((resolve) =>
      strict.onStateChange(({ to, cause }) => to === 'ERROR' && resolve(cause)),
    );
    await strict.start();
    await lab.put(input, 'a', 'far again', IN_2099);
    expect((await failed)?.message).toContain('message.timestamp.after.max.ms is 3600000');
  });
});
