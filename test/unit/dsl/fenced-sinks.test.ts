import { describe, expect, it } from 'vitest';
import {
  type ExternalSink,
  joinWindows,
  type KStream,
  StreamsBuilder,
  TopologyTestDriver,
  timeWindows,
  untilWindowCloses,
} from '../../../src/topology/index.ts';
import { texts } from '../joins/lab.ts';

type Texts = KStream<string | null, string | null>;

const sinkOf = (fenced: boolean): ExternalSink => ({ name: 'counters', fenced, write: async () => {} });
const windows = timeWindows({ sizeMs: 10, graceMs: 0 });

/** Builds what `describeStream` makes, with a sink at its end. */
function build(
  describeStream: (stream: Texts, builder: StreamsBuilder) => KStream<unknown, unknown>,
  fenced = true,
) {
  const builder = new StreamsBuilder();
  describeStream(builder.stream('in', texts), builder).to(sinkOf(fenced), { as: 'counters' });
  return builder.build();
}

const needsPlace = (node: string) =>
  `the sink "counters" is fenced by offsets, and "${node}" above it forwards records when time passes`;

describe('a sink that tells repeats by offset', () => {
  it('is refused below what forwards when time passes, by both names', () => {
    const suppressed = () =>
      build((stream) =>
        stream
          .groupByKey()
          .windowedBy(windows)
          .count()
          .suppress(untilWindowCloses(), { as: 'closed' })
          .toStream(),
      );
    expect(suppressed).toThrow(needsPlace('closed'));
    const onClose = () =>
      build((stream) =>
        stream
          .groupByKey()
          .windowedBy(windows)
          .emitStrategy('onWindowClose')
          .count({ as: 'minutes' })
          .toStream(),
      );
    expect(onClose).toThrow(needsPlace('minutes'));
    const outer = () =>
      build((stream, builder) =>
        stream.leftJoin(
          builder.stream('other', texts),
          (a) => a,
          joinWindows({ beforeMs: 1, afterMs: 1, graceMs: 0 }),
          { ...texts, otherValue: texts.value, as: 'pairs' },
        ),
      );
    expect(outer).toThrow(needsPlace('pairs-this-join'));
  });

  it('is welcome below a topic in between, and below what forwards with its records alone', () => {
    build((stream) => stream.groupByKey().windowedBy(windows).count().toStream().mapValues(String));
    build((stream) =>
      stream
        .groupByKey()
        .windowedBy(windows)
        .emitStrategy('onWindowClose')
        .count()
        .toStream()
        .map((count, { key }) => ({ key, value: String(count) }))
        .repartition({ as: 'closed', ...texts }),
    );
  });

  it('stops a processor that schedules a punctuation above it, as soon as that is known', () => {
    const ticking = (stream: Texts) =>
      stream.process(
        () => ({ init: (context) => void context.schedule(10, 'stream-time', () => {}), process() {} }),
        { as: 'ticks' },
      );
    const start = (fenced: boolean) =>
      new TopologyTestDriver(build(ticking, fenced), { initialWallClockMs: 0 });
    expect(() => start(true)).toThrow(needsPlace('ticks'));
    start(false).close();
  });
});
