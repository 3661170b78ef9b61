// One member of the attacked application, as a process. Environment: BROKERS, APPLICATION_ID, VARIANT, GUARANTEE,
// REPLICATION_FACTOR, SESSION_MS, STATE_FOLDER, LOG_FILE.
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { KafkaStreams, type Logger, StreamsError, type StreamsOptions } from '../../src/topology/index.ts';
import { buildTopology, VARIANTS } from './topology.ts';

const TRANSACTION_TIMEOUT_MS = 15_000;
const COMMIT_INTERVAL_MS = 100;
const RETRY_START_MS = 500;

const applicationId = need('APPLICATION_ID');
const variant = VARIANTS.find((known) => known === need('VARIANT'));
if (!variant) throw new Error(`VARIANT is one of ${VARIANTS.join(', ')}`);
const topology = buildTopology(variant, applicationId);
const options: StreamsOptions = {
  applicationId,
  kafka: { brokers: need('BROKERS').split(','), clientId: 'chaos' },
  guarantee: need('GUARANTEE') === 'at_least_once' ? 'at_least_once' : 'exactly_once',
  commitIntervalMs: COMMIT_INTERVAL_MS,
  memoryBudgetBytes: 16 * 1024 * 1024,
  sessionTimeoutMs: Number(need('SESSION_MS')),
  transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
  maxTaskIdleMs: 0,
  replicationFactor: Number(need('REPLICATION_FACTOR')),
  stateDir: need('STATE_FOLDER'),
  logger: loggerTo(need('LOG_FILE')),
};

let streams: KafkaStreams | undefined;
let ending = false;
process.on('SIGTERM', async () => {
  ending = true;
  await streams?.close({ timeoutMs: 10_000 });
  process.exit(0);
});

while (!ending) {
  streams = new KafkaStreams(topology, options);
  streams.onStateChange(({ to, cause }) => {
    options.logger.info({ to, cause: cause?.message }, 'state');
    if (to !== 'ERROR') return;
    say({ msg: 'failed', error: cause?.stack });
    process.exit(1);
  });
  try {
    await streams.start();
    say({ msg: 'ready' });
    break;
  } catch (error) {
    if (ending) break;
    if (!(error instanceof StreamsError && error.disposition === 'retry')) throw error;
    await streams.close();
    await delay(RETRY_START_MS);
  }
}

function need(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Everything but KafkaJS' own words goes to the file; warnings and errors are also said. */
function loggerTo(file: string): Logger {
  const write = (level: string) => (fields: object, message: string) => {
    const line = { at: new Date().toISOString(), pid: process.pid, level, msg: message, ...fields };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
    if (level === 'warn' || level === 'error') say(line);
  };
  return { debug: () => {}, info: write('info'), warn: write('warn'), error: write('error') };
}
