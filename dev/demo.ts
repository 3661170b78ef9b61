// npm run demo: the real thing on this machine, from images to events, with sample images of four customers.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import type { ImageCount } from '../src/serdes/image-count.generated.ts';
import type { ImageProcessed } from '../src/serdes/image-processed.generated.ts';
import { createRegistryCodec } from '../src/serdes/registry-codec.ts';
import { withWarehouse } from '../src/warehouse/connection.ts';
import { migrate } from '../src/warehouse/migrate.ts';
import { Account, accountTable, COUNTERS } from './demo/account.ts';
import { contactSheet } from './demo/contact-sheet.ts';
import { askCounters } from './demo/counts.ts';
import { bar, Output } from './demo/output.ts';
import { readTopic } from './demo/read-topic.ts';
import { recount } from './demo/recount.ts';
import { fetchRenditions } from './demo/renditions.ts';
import { sendSamples } from './demo/send.ts';
import { type Service, startService } from './kit/service.ts';
import { makeSamples } from './samples/index.ts';
import { messageOf, StackError } from './stack/errors.ts';
import { type Stack, startStack } from './stack/stack.ts';
import { writeCredentials } from './stack/state.ts';
import { createTopics } from './stack/topics.ts';

/** Without a new event for so long, the demo gives up. */
const STALL_LIMIT_MS = 60_000;
/** Firehose waits and buffers, a load comes every so often: so long after the last event all must be counted. */
const COUNTED_LIMIT_MS = 30_000;
/** Windows of image-counts close when this is over after the last event; they are short, for the show. */
const CLOSED_LIMIT_MS = 20_000;
const SETTINGS = {
  FIREHOSE_LINGER: '1s',
  LOAD_INTERVAL: '1s',
  COUNTS_WINDOW: '1s',
  COUNTS_GRACE: '5s',
  COUNTS_IDLE_TIMEOUT: '1s',
};
/** After the last image is accounted for: time for a second event, which must not come. */
const QUIET_MS = 500;
const REGISTRY_TIMEOUT_MS = 10_000;

const folder = join(fileURLToPath(new URL('..', import.meta.url)), '.darkroom', 'demo');
const sheetFile = join(folder, 'contact-sheet.html');
const credentialsFile = join(folder, 'credentials.env');

const { keep = false, json = false, recount: recounts = false } = parse();
const out = new Output(json ? process.stderr : process.stdout);
/** What must be ended, the last first. */
const endings: (() => Promise<void>)[] = [];
let ending: Promise<boolean> | undefined;

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => {
    if (ending) return;
    out.line('Ending…');
    void end().then(() => process.exit(keepsUp ? 0 : code));
  });
}

let keepsUp = false;
try {
  const agree = await demo();
  if (keep && !ending) {
    keepsUp = true;
    await new Promise(() => {}); // until a signal
  }
  const inOrder = await end();
  process.exit(agree && inOrder ? 0 : 1);
} catch (error) {
  if (ending) await sleep(60_000); // what fails while all is being ended is no news; the signal's handler exits
  out.line(error instanceof StackError ? error.message : `The demo failed: ${messageOf(error)}`);
  if (process.env.DEBUG && error instanceof Error) out.line(error.stack);
  await end();
  process.exit(1);
}

async function demo(): Promise<boolean> {
  const startedAt = Date.now();
  mkdirSync(folder, { recursive: true });
  out.line(out.paint('bold', 'Setting up'));
  const [stack, samples] = await Promise.all([startServices(), makeSamples(join(folder, 'samples'))]);
  out.line(
    `  ${samples.length} sample images of ${new Set(samples.map(({ customer }) => customer)).size} customers`,
  );
  await Promise.all([
    createTopics(stack.addresses.kafka),
    withWarehouse(stack.addresses.warehouse, (warehouse) => migrate(warehouse, Date.now())),
  ]);
  const service = await startService(stack, join(folder, 'service.log'), SETTINGS);
  endings.push(() => service.stop());
  out.line(`  Darkroom is ready on ${service.http}`);

  const codec = createRegistryCodec({
    url: stack.addresses.registry,
    requestTimeoutMs: REGISTRY_TIMEOUT_MS,
    topics: { imageUploads: 'image-uploads', imageStats: 'image-stats' },
  });
  await codec.start();
  const account = new Account();
  let failure: Error | undefined;
  const onFailure = (error: Error) => {
    failure ??= error;
  };
  const stats = {
    topic: 'image-stats',
    decode: codec.decodeProcessed,
    onValue: (event: ImageProcessed) => account.addEvent(event),
  };
  const counts = {
    topic: 'image-counts',
    decode: codec.decodeCount,
    onValue: (count: ImageCount) => account.addWindow(count),
  };
  const { kafka } = stack.addresses;
  endings.push(await readTopic(kafka, { ...stats, onFailure }));
  endings.push(await readTopic(kafka, { ...counts, onFailure }));

  out.line(out.paint('bold', 'Developing'));
  const sendingSince = Date.now();
  const sending = sendSamples(samples, stack, (sent) => account.addSent(sent)).catch((error: Error) => {
    failure ??= error;
  });
  await untilAccounted(account, samples.length, service, () => failure);
  const seconds = (Date.now() - sendingSince) / 1000;
  await sending;
  await sleep(QUIET_MS);

  await untilCounted(account, stack, service);

  const { pictures, problems } = await fetchRenditions([...account.events.values()].flat(), stack);
  const second = recounts ? await recount(stack, account) : [];
  await untilClosed(account, service);
  const disagreements = [...account.disagreements(), ...problems, ...second];
  const agree = disagreements.length === 0;
  writeFileSync(sheetFile, contactSheet(account, pictures, { seconds, agree, madeAt: new Date() }));

  out.line(`  ${samples.length} images in ${seconds.toFixed(1)} s`);
  out.line();
  for (const line of accountTable(account)) out.line(line);
  out.line();
  out.line(`image-counts has ${account.inWindows} images in ${account.windows} closed windows of 1 s`);
  for (const line of disagreements) out.line(out.paint('red', `✗ ${line}`));
  out.line(
    agree
      ? out.paint(
          'green',
          'Every image that was sent has one event and its renditions, and is counted once in Redis and in the warehouse.',
        )
      : out.paint(
          'red',
          `What was sent and what is said of it do not agree. Log: ${join(folder, 'service.log')}`,
        ),
  );
  out.line(`Contact sheet: ${sheetFile}`);
  out.line(out.paint('dim', `${((Date.now() - startedAt) / 1000).toFixed(0)} s in all`));
  if (json) {
    const totals = {
      sent: account.sent.size,
      processed: account.count('processed'),
      rejected: account.count('rejected'),
      warehouse: account.counted('warehouse'),
      redis: account.counted('Redis'),
      counts: account.inWindows,
    };
    process.stdout.write(
      `${JSON.stringify({ ...totals, agree, ...(recounts ? { recount: second.length === 0 ? 'same' : 'differs' } : {}) })}\n`,
    );
  }
  if (keep) showAddresses(stack, service);
  return agree;
}

async function startServices(): Promise<Stack> {
  const stack = await startStack({ progress: (line) => out.line(`  ${line}`) });
  endings.push(() => stack.down());
  return stack;
}

/** Shows how far it is until every image has an event; throws when the service ends or nothing moves any more. */
async function untilAccounted(
  account: Account,
  all: number,
  service: Service,
  failure: () => Error | undefined,
) {
  let done = -1;
  let movedAt = Date.now();
  while (done < all) {
    const problem = failure();
    if (problem) throw problem;
    await service.check();
    if (account.accounted !== done) {
      done = account.accounted;
      movedAt = Date.now();
    }
    const outcomes = `${account.count('processed')} processed, ${account.count('rejected')} rejected`;
    out.status(`  ${bar(done, all)} ${done} of ${all} accounted for: ${outcomes}; ${account.sent.size} sent`);
    if (Date.now() - movedAt > STALL_LIMIT_MS) {
      const missing = account.disagreements().slice(0, 5).join('\n  ');
      throw new StackError(
        `Nothing has come on image-stats for ${STALL_LIMIT_MS / 1000} s; ${all - done} images are not accounted for. ` +
          `The log of the service is ${join(folder, 'service.log')}.\n  ${missing}`,
      );
    }
    await sleep(50);
  }
  out.endStatus();
}

/** Asks Redis and the warehouse until they count what image-stats says; what they say last stands. */
async function untilCounted(account: Account, stack: Stack, service: Service) {
  const deadline = Date.now() + COUNTED_LIMIT_MS;
  for (;;) {
    await service.check();
    for (const counter of COUNTERS) account.setCounts(counter, await askCounters[counter](stack));
    const counted = COUNTERS.map((counter) => `${account.counted(counter)} in ${counter}`);
    out.status(`  counted: ${counted.join(', ')}`);
    const differences = COUNTERS.flatMap((counter) => account.differences(counter));
    if (differences.length === 0 || Date.now() > deadline) break;
    await sleep(250);
  }
  out.endStatus();
}

/** Waits for image-counts to have every image; what came later than the grace it leaves out. */
async function untilClosed(account: Account, service: Service) {
  const deadline = Date.now() + CLOSED_LIMIT_MS;
  while (account.inWindows < account.accounted && Date.now() < deadline) {
    await service.check();
    out.status(`  image-counts: ${account.inWindows} images in closed windows`);
    await sleep(100);
  }
  out.endStatus();
}

function showAddresses(stack: Stack, service: Service): void {
  writeCredentials(credentialsFile, stack);
  endings.push(async () => rmSync(credentialsFile, { force: true }));
  const { kafka, registry, s3 } = stack.addresses;
  out.line();
  out.line(out.paint('bold', 'Staying up; end it with Ctrl-C'));
  for (const [name, address] of [
    ['Kafka', kafka],
    ['Schema registry', registry],
    ['S3 and SQS', `${s3.endpoint} (bucket ${s3.bucket})`],
    ['Health', `${service.http}/health/ready`],
    ['Metrics', `${service.http}/metrics`],
    ['Service log', join(folder, 'service.log')],
    ['Credentials', credentialsFile],
  ]) {
    out.line(`  ${name?.padEnd(16)} ${address}`);
  }
  out.line(
    `  ${'Send your own'.padEnd(16)} set -a; . ${credentialsFile}; set +a; npx darkroom produce --customer me FILE`,
  );
}

/** Ends everything, the last started first; once, however often it is called. False when something ended badly. */
function end(): Promise<boolean> {
  ending ??= (async () => {
    let inOrder = true;
    for (const stop of endings.reverse()) {
      await stop().catch((error) => {
        inOrder = false;
        out.line(messageOf(error));
      });
    }
    return inOrder;
  })();
  return ending;
}

function parse(): { keep?: boolean; json?: boolean; recount?: boolean } {
  const program = new Command('npm run demo --')
    .description(
      'Starts all that Darkroom stands on and Darkroom on this machine, sends sample images of four customers both ways, ' +
        'and compares what was sent with what image-stats says, Redis and image-counts count and the warehouse holds. Leaves a contact sheet in .darkroom/demo.',
    )
    .option('--keep', 'stay up, and print every address')
    .option('--recount', 'count everything a second time, without any code of the service (test/recount)')
    .option('--json', 'end with one line of JSON on standard output; everything else goes to standard error')
    .allowExcessArguments(false)
    .showHelpAfterError()
    .exitOverride();
  try {
    return program.parse().opts();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exit(error.exitCode === 0 ? 0 : 2);
  }
}
