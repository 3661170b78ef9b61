import {
  type KGroupedStream,
  type KGroupedTable,
  type KStream,
  type KTable,
  longSerde,
  type Serde,
  StreamsBuilder,
  sessionWindows,
  stringSerde,
  timeWindows,
  untilWindowCloses,
  type Windowed,
  windowedSerde,
} from '../../src/topology/index.ts';

interface Order {
  readonly customer: string;
  readonly cents: number;
}
interface Cancelled extends Order {
  readonly cancelled: true;
}
declare const orderSerde: Serde<Order>;
declare const keySerde: Serde<string>;
const isCancelled = (order: Order): order is Cancelled => 'cancelled' in order;

/** Compiles only if both types are one. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_proof: Same<A, B>): void {}

const builder = new StreamsBuilder();
const orders = builder.stream('orders', { key: keySerde, value: orderSerde });
const rows = builder.table('rows', { key: keySerde, value: orderSerde });

// Tables hold no null: a serde that knows null gives a table that does not.
const names = builder.table('names', { key: stringSerde, value: stringSerde });
same<typeof names, KTable<string, string>>(true);
// @ts-expect-error the store keeps orders
builder.table('rows2', { key: keySerde, value: orderSerde, materialized: { value: longSerde } });

// filter, mapValues, toStream.
const cancelled = rows.filter(isCancelled);
same<typeof cancelled, KTable<string, Cancelled>>(true);
const cents = rows.mapValues((order) => (order.cents > 0 ? order.cents : null));
same<typeof cents, KTable<string, number>>(true);
// @ts-expect-error the value is a number now
cents.filter((value) => value.customer === '');
// @ts-expect-error a number is no order
rows.mapValues((order) => order.cents, { materialized: { as: 'cents', value: orderSerde } });
const changes = rows.toStream();
same<typeof changes, KStream<string, Order | null>>(true);
// @ts-expect-error a row may be gone
changes.mapValues((order) => order.customer);

// Grouped streams.
const byCustomer = orders.groupBy((order) => order.customer);
same<typeof byCustomer, KGroupedStream<string, Order>>(true);
// @ts-expect-error the key is a string now
orders.groupBy((order) => order.customer, { key: longSerde });
const counts = byCustomer.count();
same<typeof counts, KTable<string, number>>(true);
// @ts-expect-error counts are numbers
byCustomer.count({ materialized: { value: stringSerde } });
// @ts-expect-error a reducer returns what it reduces
byCustomer.reduce((sum, order) => sum.cents + order.cents);
const sums = byCustomer.aggregate(
  () => 0,
  (sum, order) => sum + order.cents,
  { materialized: { value: longSerde } },
);
same<typeof sums, KTable<string, number>>(true);
byCustomer.aggregate(
  () => 0,
  // @ts-expect-error an aggregator returns the aggregate
  (_sum, order) => order.customer,
);
byCustomer.aggregate(
  () => 0,
  (sum, order) => sum + order.cents,
  // @ts-expect-error the aggregate is a number
  { materialized: { value: orderSerde } },
);

// Windows.
const minutes = timeWindows({ sizeMs: 60_000, graceMs: 0 });
const perMinute = byCustomer.windowedBy(minutes).count();
same<typeof perMinute, KTable<Windowed<string>, number>>(true);
perMinute
  .suppress(untilWindowCloses())
  .toStream()
  .to('counts', { key: windowedSerde(keySerde, 60_000), value: longSerde });
// @ts-expect-error the keys are windowed
perMinute.toStream().to('counts', { key: keySerde });
// @ts-expect-error how late records may be must be said
timeWindows({ sizeMs: 60_000 });
const sessions = byCustomer.windowedBy(sessionWindows({ gapMs: 1_000, graceMs: 0 }));
// @ts-expect-error sessions need a merger
sessions.aggregate(
  () => 0,
  (sum, order) => sum + order.cents,
);
// @ts-expect-error there are two strategies
sessions.emitStrategy('sometimes');

// Grouped tables.
const regrouped = rows.groupBy((order, key) => ({ key: order.customer, value: { key, cents: order.cents } }));
same<typeof regrouped, KGroupedTable<string, { key: string; cents: number }>>(true);
const totals = regrouped.aggregate(
  () => 0,
  (sum, row) => sum + row.cents,
  (sum, row) => sum - row.cents,
);
same<typeof totals, KTable<string, number>>(true);
// @ts-expect-error a table's aggregate can be taken apart again
regrouped.aggregate(
  () => 0,
  (sum, row) => sum + row.cents,
);
