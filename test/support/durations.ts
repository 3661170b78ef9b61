/**
 * How long waits, outages and intervals of the tests on real services take. `npm test` has seconds, so that it ends; `npm run soak`
 * (DURATIONS=real) has the defaults of the service, and outages of a minute. All in ms.
 */
const SHORT = {
  /** After which a silent member of a group is taken for dead. */
  session: 6_000,
  /** How much longer than that an instance is frozen. */
  frozenPastSession: 4_000,
  /** After which a broker aborts a transaction that is open. */
  transaction: 20_000,
  brokerGone: 1_000,
  s3Gone: 8_000,
  /** Redis, or Firehose, is away. */
  sinkDown: 15_000,
  /** Firehose, or COPY, does what it should not. */
  firehoseFault: 8_000,
  /** What Firehose waits for more rows until it puts an object. */
  firehoseBuffer: 1_000,
  /** What rows wait for others until they are sent to Firehose. */
  firehoseLinger: 500,
  /** Between two loads of the warehouse. */
  load: 1_000,
  /** Windows of image-counts behind the whole chain, and how long they wait for what is late. */
  countsWindow: 2_000,
  countsGrace: 30_000,
  countsIdle: 1_000,
  /** The same where nothing is late. */
  promptGrace: 1_000,
  /** A recount may still come out right after: the longest way back of an event, and two loads. */
  recount: 120_000,
  /** Runs may stand still for so long: the longest outage, a session, and a start. */
  noProgress: 120_000,
  /** The engine alone: how long input is silent until windows close by the clock, and a sink away that holds them open. */
  idle: 1_000,
  idleWindow: 5_000,
  outage: 4_000,
  /** The engine alone: a time-out of transactions, and a record that takes longer than that. */
  shortTransaction: 2_000,
  slowHead: 6_000,
  /** One test, at most. */
  test: { integration: 60_000, faults: 600_000 },
};

const REAL: typeof SHORT = {
  session: 10_000,
  frozenPastSession: 20_000,
  transaction: 60_000,
  brokerGone: 60_000,
  s3Gone: 60_000,
  sinkDown: 60_000,
  firehoseFault: 150_000,
  firehoseBuffer: 60_000,
  firehoseLinger: 5_000,
  load: 60_000,
  countsWindow: 60_000,
  countsGrace: 120_000,
  countsIdle: 30_000,
  promptGrace: 60_000,
  recount: 600_000,
  noProgress: 300_000,
  idle: 30_000,
  idleWindow: 60_000,
  outage: 90_000,
  shortTransaction: 60_000,
  slowHead: 150_000,
  test: { integration: 900_000, faults: 3_600_000 },
};

export const durations = process.env.DURATIONS === 'real' ? REAL : SHORT;

/** As the settings of the service take it. */
export const duration = (ms: number) => `${ms}ms`;
