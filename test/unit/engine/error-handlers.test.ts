import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { fixedKey } from '../../../src/topology/dsl/processors.ts';
import { StreamsError } from '../../../src/topology/errors.ts';
import type { NodeSpec } from '../../../src/topology/graph/nodes.ts';
import type { ProducedRecord } from '../../../src/topology/record.ts';
import type { StoreSpec } from '../../../src/topology/stores/bytes.ts';
import type { ErrorAnswer, ErrorHandlers, Failure } from '../../../src/topology/task/error-handlers.ts';
import { type DriverOptions, TopologyTestDriver } from '../../../src/topology/testing/driver.ts';
import {
  type Behaviour,
  counting,
  mapAsync,
  processor,
  sink,
  source,
  textStore,
  topologyOf,
} from '../../support/graph-lab.ts';

const drivers: TopologyTestDriver[] = [];
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.close()));
});

function drive(
  nodes: readonly NodeSpec[],
  handlers: ErrorHandlers,
  { stores = [], ...options }: DriverOptions & { readonly stores?: readonly StoreSpec[] } = {},
): TopologyTestDriver {
  const driver = new TopologyTestDriver(topologyOf(nodes, stores), {
    initialWallClockMs: 1_000,
    deadLetterTopic: 'letters',
    handlers,
    ...options,
  });
  drivers.push(driver);
  return driver;
}

const pipe = (driver: TopologyTestDriver, value: string, timestamp = 7) =>
  driver.pipe({
    topic: 'in',
    key: Buffer.from('k'),
    value: Buffer.from(value),
    timestamp,
    headers: [['own', Buffer.from('1')]],
  });
const pipeAll = (driver: TopologyTestDriver, ...values: string[]) =>
  Promise.all(values.map((value) => pipe(driver, value)));
const valuesOf = (records: readonly ProducedRecord[]) => records.map(({ value }) => String(value));
const outputs = (driver: TopologyTestDriver) => valuesOf(driver.readOutput('out'));
const headersOf = (letter: ProducedRecord | undefined) =>
  Object.fromEntries((letter?.headers ?? []).map(([name, value]) => [name, String(value)]));

/** Reads text, but not `bad`. */
const choosy = (problem: () => boolean = () => true): NodeSpec => ({
  ...source('in', 'in'),
  deserializeValue: (_topic, bytes) => {
    if (String(bytes) === 'bad' && problem()) throw new RangeError('not of this schema');
    return String(bytes);
  },
});

/** Throws at `bad`, after effects. */
const throwing =
  (problem: () => boolean = () => true): (() => Behaviour) =>
  () => ({
    process(record, context) {
      context.forward({ ...record, value: `${record.value}!` });
      if (record.value === 'bad' && problem()) throw new RangeError('cannot');
    },
  });

const answering =
  (answer: ErrorAnswer, seen: Failure[] = []) =>
  (failure: Failure) => {
    seen.push(failure);
    return answer;
  };

describe('a record that does not fit the serdes', () => {
  const nodes = [choosy(), sink('s', ['in'], 'out')];

  it('fails the task where nobody handles it', async () => {
    const driver = drive(nodes, { processing: answering('continue') });
    await expect(pipe(driver, 'bad')).rejects.toMatchObject({ code: 'DESERIALIZATION_FAILED' });
  });

  it('is left out, and the stream goes on', async () => {
    const seen: Failure[] = [];
    const driver = drive(nodes, { deserialization: answering('continue', seen) });
    await pipeAll(driver, 'a', 'bad', 'b');
    expect(outputs(driver)).toEqual(['a', 'b']);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ node: 'in', record: { topic: 'in', offset: 1 } });
  });

  it('goes to the dead letters as it came, with the headers of KIP-1034', async () => {
    const driver = drive(nodes, { deserialization: answering('dead-letter') });
    await pipeAll(driver, 'a', 'bad', 'b');
    expect(outputs(driver)).toEqual(['a', 'b']);
    const letters = driver.readOutput('letters');
    expect(letters.map(({ key, value, timestamp }) => `${key}=${value}@${timestamp}`)).toEqual(['k=bad@7']);
    const { '__streams.errors.stacktrace': stack, ...headers } = headersOf(letters[0]);
    expect(headers).toEqual({
      own: '1',
      '__streams.errors.exception': 'DESERIALIZATION_FAILED',
      '__streams.errors.message': expect.stringContaining('not of this schema'),
      '__streams.errors.topic': 'in',
      '__streams.errors.partition': '0',
      '__streams.errors.offset': '1',
    });
    expect(stack).toMatch(/at .*record-queue/);
  });

  it('is read again in its place until it fits', async () => {
    let failures = 0;
    const driver = drive([choosy(() => ++failures < 3), sink('s', ['in'], 'out')], {
      deserialization: answering('retry'),
    });
    await pipeAll(driver, 'a', 'bad', 'b');
    expect(outputs(driver)).toEqual(['a', 'bad', 'b']);
    expect(failures).toBe(3);
  });

  it('is committed behind those that were read before it and are still at work', async () => {
    const driver = drive(
      [choosy(), mapAsync('slow', ['in'], async (value) => delay(10, value)), sink('s', ['slow'], 'out')],
      { deserialization: answering('dead-letter') },
    );
    const first = pipe(driver, 'a');
    const second = pipe(driver, 'bad').then(() => expect(outputs(driver)).toEqual(['a']));
    await Promise.all([first, second]);
    expect(driver.readOutput('letters')).toHaveLength(1);
  });

  it('cannot be dead-lettered without a topic for that', async () => {
    const topology = topologyOf(nodes);
    const driver = new TopologyTestDriver(topology, {
      handlers: { deserialization: answering('dead-letter') },
    });
    drivers.push(driver);
    await expect(pipe(driver, 'bad')).rejects.toMatchObject({ code: 'DEAD_LETTER_TOPIC_MISSING' });
  });
});

describe('a timestamp far ahead of the clock', () => {
  const nodes = [source('in', 'in'), sink('s', ['in'], 'out')];
  const year2099 = Date.UTC(2099, 0, 1);

  it('is refused before it moves stream time', async () => {
    const driver = drive(nodes, { deserialization: answering('dead-letter') }, { maxFutureMs: 1_000 });
    await pipe(driver, 'a', 2_000);
    await pipe(driver, 'b', 2_001);
    await pipe(driver, 'c', year2099);
    expect(outputs(driver)).toEqual(['a']);
    const letters = driver.readOutput('letters');
    expect(letters.map((letter) => headersOf(letter)['__streams.errors.exception'])).toEqual([
      'TIMESTAMP_IN_FUTURE',
      'TIMESTAMP_IN_FUTURE',
    ]);
    expect(letters.map(({ timestamp }) => timestamp)).toEqual([1_000, 1_000]); // brokers may refuse later ones
  });

  it('fails the task by default, with what to do', async () => {
    const driver = drive(nodes, {}, { maxFutureMs: 1_000 });
    await expect(pipe(driver, 'c', year2099)).rejects.toThrow(
      /in-0@0 has the timestamp 4070908800000 \(2099-01-01T00:00:00.000Z\), more than maxFutureMs \(1000\) ahead/,
    );
  });

  it('is taken where no limit is set', async () => {
    const driver = drive(nodes, {});
    await pipe(driver, 'c', year2099);
    expect(outputs(driver)).toEqual(['c']);
  });
});

describe('a record that a processor throws at', () => {
  const counts = textStore('counts');
  const nodes = [
    source('in', 'in'),
    processor('count', ['in'], counting(counts), [counts]),
    processor('choose', ['in'], throwing()),
    sink('s', ['count', 'choose'], 'out'),
  ];

  it('leaves no effect behind, neither outputs nor rows, and goes to the dead letters', async () => {
    const seen: Failure[] = [];
    const driver = drive(nodes, { processing: answering('dead-letter', seen) }, { stores: [counts] });
    await pipeAll(driver, 'a', 'bad', 'b', 'bad', 'c');
    expect(outputs(driver)).toEqual(['1', 'a!', '2', 'b!', '3', 'c!']);
    expect(driver.store(counts).get('k')).toBe('3');
    expect(valuesOf(driver.readOutput('letters'))).toEqual(['bad', 'bad']);
    expect(seen.map(({ node, record }) => `${node} ${record?.offset}`)).toEqual(['choose 1', 'choose 3']);
  });

  it('puts back rows that were there before, and those that were deleted', async () => {
    const store = textStore('rows');
    const driver = drive(
      [
        source('in', 'in'),
        processor(
          'p',
          ['in'],
          () => {
            let rows = (_key: string, _value: string | null) => {};
            return {
              init(context) {
                const opened = context.getStateStore(store);
                rows = (key, value) => opened.put(key, value);
              },
              process({ value }) {
                rows('a', value);
                if (value !== 'bad') return;
                rows('b', null);
                rows('new', value);
                rows('a', `${value} twice`);
                throw new Error('cannot');
              },
            };
          },
          [store],
        ),
      ],
      { processing: answering('continue') },
      { stores: [store] },
    );
    store.narrow(driver.store('rows')).put('b', 'kept');
    await pipeAll(driver, 'fine', 'bad');
    expect([...driver.store(store).all()]).toEqual([
      { key: 'a', value: 'fine' },
      { key: 'b', value: 'kept' },
    ]);
  });

  it('is tried again in its place, with what it did before taken back', async () => {
    let failures = 0;
    const failing = [
      source('in', 'in'),
      processor('count', ['in'], counting(counts), [counts]),
      processor(
        'choose',
        ['in'],
        throwing(() => ++failures < 3),
      ),
      sink('s', ['count', 'choose'], 'out'),
    ];
    const driver = drive(failing, { processing: answering('retry') }, { stores: [counts] });
    await pipeAll(driver, 'a', 'bad', 'b');
    expect(outputs(driver)).toEqual(['1', 'a!', '2', 'bad!', '3', 'b!']);
    expect(failures).toBe(3);
  });

  it('is tried for as long as taskTimeoutMs, then fails the task', async () => {
    const driver = drive(nodes, { processing: answering('retry') }, { stores: [counts], taskTimeoutMs: 30 });
    await expect(pipe(driver, 'bad')).rejects.toMatchObject({
      code: 'TASK_TIMEOUT',
      message: expect.stringMatching(
        /in-0@0 in choose was tried \d+ times in 30 ms \(taskTimeoutMs\).*: cannot/,
      ),
    });
  });

  it('is left out, and counted', async () => {
    const driver = drive(nodes, { processing: answering('continue') }, { stores: [counts] });
    await pipeAll(driver, 'bad', 'a');
    expect(outputs(driver)).toEqual(['1', 'a!']);
    expect(driver.droppedBy).toEqual(new Map([['failed', 1]]));
  });
});

describe('a mapAsync that fails', () => {
  const nodes = (fail: (value: string | null) => void) => [
    source('in', 'in'),
    mapAsync('work', ['in'], async (value) => {
      await delay(value === 'bad' ? 1 : 8);
      fail(value);
      return `${value}!`;
    }),
    sink('s', ['work'], 'out'),
  ];
  const badly = (value: string | null) => {
    if (value === 'bad') throw new TypeError('no such picture');
  };

  it('is handled in its record’s turn, with the node that failed', async () => {
    const seen: Failure[] = [];
    const driver = drive(nodes(badly), { processing: answering('dead-letter', seen) });
    const order: string[] = [];
    await Promise.all(['a', 'bad', 'b'].map((value) => pipe(driver, value).then(() => order.push(value))));
    expect(order).toEqual(['a', 'bad', 'b']);
    expect(outputs(driver)).toEqual(['a!', 'b!']);
    expect(headersOf(driver.readOutput('letters')[0])['__streams.errors.exception']).toBe('TypeError');
    expect(seen[0]?.node).toBe('work');
  });

  it('is called again when the handler says so', async () => {
    let failures = 0;
    const driver = drive(
      nodes((value) => {
        if (value === 'bad' && ++failures < 3) throw new TypeError('not now');
      }),
      { processing: answering('retry') },
    );
    await pipeAll(driver, 'a', 'bad', 'b');
    expect(outputs(driver)).toEqual(['a!', 'bad!', 'b!']);
  });

  it('stops retrying by itself after taskTimeoutMs', async () => {
    const driver = drive(
      nodes(() => {
        throw new StreamsError('S3_DOWN', 'retry', 'not now');
      }),
      {},
      { taskTimeoutMs: 30 },
    );
    await expect(pipe(driver, 'a')).rejects.toMatchObject({ code: 'TASK_TIMEOUT' });
  });
});

describe('a punctuation that throws', () => {
  const failing = (problem: () => boolean) => (): Behaviour => ({
    init(context) {
      context.schedule(10, 'stream-time', (timestamp) => {
        context.forward({ key: null, value: 'tick', timestamp, headers: [] });
        if (problem()) throw new Error('cannot');
      });
    },
  });

  it('takes back its own effects and not those of the record before it', async () => {
    const seen: Failure[] = [];
    const nodes = [
      source('in', 'in'),
      processor(
        'p',
        ['in'],
        failing(() => true),
      ),
      sink('s', ['p'], 'out'),
    ];
    const driver = drive(nodes, { processing: answering('continue', seen) });
    await pipe(driver, 'a', 5);
    await pipe(driver, 'b', 6);
    expect(outputs(driver)).toEqual(['a', 'b']);
    expect(seen.map(({ node, record }) => [node, record])).toEqual([['p', undefined]]);
  });

  it('is called again until it goes well', async () => {
    let failures = 0;
    const nodes = [
      source('in', 'in'),
      processor(
        'p',
        ['in'],
        failing(() => ++failures < 3),
      ),
      sink('s', ['p'], 'out'),
    ];
    const driver = drive(nodes, { processing: answering('retry') });
    await Promise.all([pipe(driver, 'a', 5), pipe(driver, 'b', 6)]);
    expect(outputs(driver)).toEqual(['a', 'tick', 'b']);
  });
});

describe('a processValues whose record has failed', () => {
  it('may forward any key in a punctuation', async () => {
    const supplier = fixedKey('p', () => ({
      init(context) {
        context.schedule(10, 'wall-clock-time', (timestamp) =>
          context.forward({ key: 'tick', value: 'tick', timestamp, headers: [] }),
        );
      },
      process() {
        throw new Error('cannot');
      },
    }));
    const node: NodeSpec = {
      kind: 'processor',
      name: 'p',
      parents: ['in'],
      operator: { kind: 'process', supplier },
    };
    const driver = drive([source('in', 'in'), node, sink('s', ['p'], 'out')], {
      processing: answering('continue'),
    });
    await pipe(driver, 'a');
    await driver.advanceWallClock(10);
    expect(outputs(driver)).toEqual(['tick']);
  });
});

describe('an output that cannot be serialized', () => {
  const nodes = [
    source('in', 'in'),
    sink('s', ['in'], 'out'),
    {
      ...sink('t', ['in'], 'out'),
      serializeValue: (_topic: string, value: unknown) => {
        if (value === 'bad') throw new RangeError('too long');
        return Buffer.from(`${value}!`);
      },
    },
  ];

  it('is left out alone; the record’s other outputs stay', async () => {
    const driver = drive(nodes, { production: answering('continue') });
    await pipeAll(driver, 'a', 'bad');
    expect(outputs(driver)).toEqual(['a', 'a!', 'bad']);
  });

  it('is not asked about twice', async () => {
    const driver = drive(nodes, { processing: answering('continue') });
    await expect(pipe(driver, 'bad')).rejects.toThrow('too long');
  });

  it('sends the source record to the dead letters', async () => {
    const driver = drive(nodes, { production: answering('dead-letter') });
    await pipeAll(driver, 'bad', 'b');
    expect(outputs(driver)).toEqual(['bad', 'b', 'b!']);
    expect(valuesOf(driver.readOutput('letters'))).toEqual(['bad']);
  });
});
