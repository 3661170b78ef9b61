import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type ExternalSink,
  type Processor,
  SinkWriteError,
  StreamsBuilder,
  stringSerde,
} from '../../../src/topology/index.ts';
import { sharedStack } from '../../shared-stack.ts';
import { durations } from '../../support/durations.ts';
import { EngineLab, until } from '../../support/engine-lab.ts';

const text = { key: stringSerde, value: stringSerde };

/** Says, on its output, the stream time at which a window that began with the first record and is `windowMs` long closes. */
const closesAfter =
  (windowMs: number) => (): Processor<string | null, string | null, string | null, string | null> => {
    let endMs = Number.POSITIVE_INFINITY;
    let record: (timestamp: number) => void;
    return {
      init: (context) => {
        const look = (streamTimeMs: number) => {
          if (streamTimeMs < endMs) return;
          const value = String(streamTimeMs - endMs);
          context.forward({ key: 'closed', value, timestamp: streamTimeMs, headers: [] });
          endMs = Number.POSITIVE_INFINITY;
        };
        context.onStreamTime(look);
        record = (timestamp) => {
          if (endMs === Number.POSITIVE_INFINITY) endMs = timestamp + windowMs;
          look(timestamp);
        };
      },
      process: ({ timestamp }) => record(timestamp),
    };
  };

describe('stream time when input stops', () => {
  let lab: EngineLab;
  beforeAll(async () => {
    lab = await EngineLab.open((await sharedStack()).addresses.kafka);
  });
  afterEach(() => lab.closeInstances());
  afterAll(() => lab.close());

  it('moves on with the wall clock, behind a repartition too, but not before', async () => {
    const [input = '', output = ''] = await lab.topics(1, 'idle-in', 'idle-out');
    const builder = new StreamsBuilder();
    builder
      .stream(input, text)
      .repartition({ as: 'again', ...text })
      .process<string | null, string | null>(closesAfter(durations.idleWindow), { as: 'window' })
      .to(output, text);
    const committed = await lab.read(output);
    await lab
      .instance(builder.build(), { applicationId: `${lab.id}-idle`, idleTimeoutMs: durations.idle })
      .start();
    // while records come, in pauses below the time-out, time is theirs
    for (let at = 0; at < 4; at++) {
      await lab.feed(input, 1, at, at + 1);
      await new Promise((resolve) => setTimeout(resolve, 0.4 * durations.idle));
    }
    const lastAtMs = Date.now();
    expect(committed).toEqual([]);
    await until('the window closes', () => committed.length > 0, durations.idleWindow + 10_000);
    expect(Date.now() - lastAtMs).toBeGreaterThan(durations.idle / 2);
    const [closed] = committed;
    expect(Number(closed?.value)).toBeLessThan(2_000 + durations.idle);
  });

  it('stands still while a sink holds records, and goes on when they are written', async () => {
    const [input = '', output = ''] = await lab.topics(1, 'held-in', 'held-out');
    let down = true;
    const sink: ExternalSink<string | null, string | null> = {
      name: 'outage',
      write: async (batch) => {
        if (down) throw new SinkWriteError('away', [...batch.keys()]);
      },
    };
    const builder = new StreamsBuilder();
    const records = builder.stream(input, text);
    records.to(sink, { as: 'to-outage', lingerMs: 0 });
    records
      .repartition({ as: 'held', ...text })
      .process<string | null, string | null>(closesAfter(durations.idle), { as: 'window' })
      .to(output, text);
    const committed = await lab.read(output);
    const streams = lab.instance(builder.build(), {
      applicationId: `${lab.id}-held`,
      idleTimeoutMs: durations.idle,
      commitIntervalMs: 20,
    });
    down = false;
    await streams.start();
    await lab.feed(input, 1, 0, 1);
    await until('the first is written and through', async () => {
      const [end] = await lab.admin.fetchTopicOffsets(`${lab.id}-held-held-repartition`);
      return Number(end?.high) > 0;
    });
    down = true;
    await lab.feed(input, 1, 1, 2);
    await new Promise((resolve) => setTimeout(resolve, durations.outage));
    expect(committed).toEqual([]);
    down = false;
    await until('the window closes', () => committed.length > 0, 2 * durations.idle + 15_000);
  });
});
