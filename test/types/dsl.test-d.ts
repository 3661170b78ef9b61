import {
  type KStream,
  otherwise,
  type Serde,
  StreamsBuilder,
  stringSerde,
} from '../../src/topology/index.ts';

interface Good {
  readonly outcome: 'good';
  readonly size: number;
}
interface Bad {
  readonly outcome: 'bad';
  readonly code: string;
}
declare const goodSerde: Serde<Good>;
declare const resultSerde: Serde<Good | Bad>;
const isGood = (value: Good | Bad): value is Good => value.outcome === 'good';

/** Compiles only if both types are one. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_proof: Same<A, B>): void {}

const builder = new StreamsBuilder();
const bytes = builder.stream('bytes');
same<typeof bytes, KStream<Buffer | null, Buffer | null>>(true);
const texts = builder.stream('texts', { key: stringSerde, value: stringSerde });
same<typeof texts, KStream<string | null, string | null>>(true);
const results = builder.stream('results', { key: stringSerde, value: resultSerde });

// mapValues, map, selectKey: the types follow the function.
same<ReturnType<typeof texts.mapValues<number>>, KStream<string | null, number>>(true);
const numbers = texts.mapValues((value) => value?.length ?? 0);
same<typeof numbers, KStream<string | null, number>>(true);
// @ts-expect-error the value is a number now
numbers.mapValues((value) => value.toUpperCase());
const swapped = texts.map((value, key) => ({ key: value?.length ?? 0, value: key }));
same<typeof swapped, KStream<number, string | null>>(true);
// @ts-expect-error flatMap returns pairs
texts.flatMap((value) => [value]);
// @ts-expect-error a predicate returns a boolean
texts.filter((value) => value);

// filter: a guard narrows, another predicate does not.
const good = results.filter(isGood);
same<typeof good, KStream<string | null, Good>>(true);
const bad = results.filterNot(isGood);
same<typeof bad, KStream<string | null, Bad>>(true);
const large = results.filter((value) => JSON.stringify(value).length > 10);
same<typeof large, KStream<string | null, Good | Bad>>(true);

// mapAsync: what the function resolves to, or what recover returns.
const sizes = texts.mapAsync(async (value, _key, { signal }) => ({ value, aborted: signal.aborted }), {
  concurrency: 'cores',
});
same<typeof sizes, KStream<string | null, { value: string | null; aborted: boolean }>>(true);
const recovered = texts.mapAsync(
  async (value): Promise<Good> => ({ outcome: 'good', size: value?.length ?? 0 }),
  {
    as: 'fetch',
    concurrency: 4,
    timeoutMs: 1_000,
    recover: (error): Bad => ({ outcome: 'bad', code: String(error) }),
    sizeOf: (result) => (result.outcome === 'good' ? result.size : 0),
  },
);
same<typeof recovered, KStream<string | null, Good | Bad>>(true);
// @ts-expect-error the function must be asynchronous
texts.mapAsync((value) => value, { concurrency: 1 });
// @ts-expect-error concurrency must be given
texts.mapAsync(async (value) => value, {});
// @ts-expect-error concurrency is a number or 'cores'
texts.mapAsync(async (value) => value, { concurrency: 'many' });
texts.mapAsync(async (value: string | null) => value, {
  concurrency: 1,
  // @ts-expect-error sizeOf gets the result, a text
  sizeOf: (result: number) => result,
});
// @ts-expect-error the function takes what the stream has
texts.mapAsync(async (value: Good) => value.size, { concurrency: 1 });

// split: names and narrowing.
const { fine, rest } = results.split({ fine: isGood, rest: otherwise }, { as: 'by-outcome' });
same<typeof fine, KStream<string | null, Good>>(true);
same<typeof rest, KStream<string | null, Bad>>(true);
const lengths = texts.split({ long: (value) => (value?.length ?? 0) > 2, short: otherwise });
same<typeof lengths.long, KStream<string | null, string | null>>(true);
same<typeof lengths.short, KStream<string | null, string | null>>(true);
// @ts-expect-error no such branch
lengths.medium;
// @ts-expect-error a branch has a predicate or otherwise
texts.split({ long: 'yes' });
// @ts-expect-error the predicate takes what the stream has
texts.split({ good: isGood });

// to: serdes and sinks fit the stream.
results.to('results', { key: stringSerde, value: resultSerde });
fine.to('good', { value: goodSerde });
// @ts-expect-error Good is not a text
fine.to('good', { value: stringSerde });
// @ts-expect-error the serde takes Good alone
results.to('good', { value: goodSerde });
fine.to({ name: 'by-size', extract: (value) => (value.size > 10 ? 'large' : 'small') });
// @ts-expect-error an extractor returns a topic
fine.to({ name: 'by-size', extract: (value) => value.size });
fine.to(
  { name: 'elsewhere', write: async (batch) => void batch.map((record) => record.value.size) },
  { lingerMs: 5 },
);
// @ts-expect-error Bad has no size
rest.to({ name: 'elsewhere', write: async (batch) => void batch.map((record) => record.value.size) });

// merge: one key type, values of both.
const merged = fine.merge(rest);
same<typeof merged, KStream<string | null, Good | Bad>>(true);
// @ts-expect-error the keys differ
texts.merge(swapped);

// repartition: the key is that of `by`.
const byLength = texts.repartition({ as: 'by-length', by: (value) => value?.length ?? 0 });
same<typeof byLength, KStream<number, string | null>>(true);
const again = texts.repartition({ partitions: 3 });
same<typeof again, KStream<string | null, string | null>>(true);
// @ts-expect-error the serde is not for this key
texts.repartition({ key: goodSerde });

// process: what goes in and out.
const processed = texts.process<number, Good>(() => {
  let forward: (size: number) => void = () => {};
  return {
    init(context) {
      forward = (size) =>
        context.forward({ key: size, value: { outcome: 'good', size }, timestamp: 0, headers: [] });
    },
    process(record) {
      forward(record.value?.length ?? 0);
    },
  };
});
same<typeof processed, KStream<number, Good>>(true);
// @ts-expect-error the processor takes Good
texts.process(() => ({ process: (record: { value: Good }) => void record.value.size }));

// Consumed: serdes fit each other and the extractor.
builder.stream('results', {
  value: resultSerde,
  timestampExtractor: (record) => JSON.stringify(record.value).length,
});
// @ts-expect-error an extractor returns ms
builder.stream('results', { value: resultSerde, timestampExtractor: (record) => record.value });

// Serdes that know more, and streams of narrower values, fit.
texts.mapValues(String).to('texts', { value: stringSerde });
const wider: KStream<string | null, Good | Bad> = fine;
wider.foreach(() => {});
// @ts-expect-error Bad is no Good
const narrower: KStream<string | null, Good> = results;
narrower.foreach(() => {});
