// npm run kill-test -- --images N --kills K --instances I --seed S --json
import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type Stack, startStack } from '../../dev/stack/stack.ts';
import { runningStack } from '../../dev/stack/state.ts';
import type { Fault } from './harness/faults.ts';
import { runKillTest } from './harness/run.ts';

interface Options {
  readonly images: number;
  readonly kills: number;
  readonly instances: number;
  readonly seed: number;
  readonly guarantee: 'exactly_once' | 'at_least_once';
  readonly stop?: true;
  readonly rolling?: true;
  readonly broker?: true;
  readonly s3503?: true;
  readonly stack?: string;
  readonly json?: true;
}

const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
};

const program = new Command('npm run kill-test --')
  .description(
    'Sends images both ways through several instances of the service on a real broker while faults are done to them,\n' +
      'then checks, read committed, that every image has exactly one event and all its renditions.',
  )
  .option('--images <n>', 'how many images', wholeNumber(1, 100_000), 400)
  .option(
    '--kills <k>',
    'how often an instance is killed with SIGKILL and started again',
    wholeNumber(0, 1_000),
    3,
  )
  .option('--instances <i>', 'how many instances of the service', wholeNumber(1, 16), 2)
  .option('--seed <s>', 'decides order, victims and moments of the faults', wholeNumber(0, 2 ** 32 - 1))
  .addOption(
    new Option('--guarantee <guarantee>', 'what the service promises')
      .choices(['exactly_once', 'at_least_once'])
      .default('exactly_once'),
  )
  .option('--stop', 'also freeze an instance (SIGSTOP) for longer than its session')
  .option('--rolling', 'also restart all instances in turn (SIGTERM)')
  .option('--broker', 'also kill the broker and start it again')
  .option('--s3-503', 'also let S3 answer 503 for a while')
  .option(
    '--stack <folder>',
    'use the stack that `npm run stack -- up` has started there, instead of a new one',
  )
  .option('--json', 'end with one line of JSON')
  .addHelpText(
    'after',
    '\nExit codes: 0 nothing missing, nothing double; 1 otherwise; 2 wrong usage.\n' +
      'Example:\n  npm run kill-test -- --images 400 --kills 3 --instances 2 --seed 7 --stop --rolling --broker --s3-503 --json',
  )
  .showHelpAfterError('(--help shows all options)')
  .exitOverride()
  .allowExcessArguments(false)
  .action(killTest);

// Instances and stack end with this process; ending it in order is enough.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function killTest(options: Options): Promise<void> {
  const startedMs = performance.now();
  const say = (line: string) => {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(6);
    (options.json ? process.stderr : process.stdout).write(`${seconds} s  ${line}\n`);
  };
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const { stack, end } = await openStack(options.stack, say);
  try {
    const { images, instances, guarantee } = options;
    const report = await runKillTest(stack, {
      images,
      instances,
      guarantee,
      seed,
      faults: faultsOf(options),
      say,
    });
    for (const line of [...report.notes, ...report.surprises]) say(line);
    const { sent, missing, double, renditionsMissing } = report.verdict;
    say(`${sent} sent, ${missing} missing, ${double} double, ${renditionsMissing} renditions missing`);
    say(`the longest stall of image-stats took ${report.longestStallMs} ms`);
    if (options.json) process.stdout.write(`${JSON.stringify(report.verdict)}\n`);
    if (sent < images || missing + double + renditionsMissing > 0) process.exitCode = 1;
  } finally {
    await end();
  }
}

function faultsOf({ kills, stop, rolling, broker, s3503 }: Options): Fault[] {
  const others: readonly (readonly [Fault, true | undefined])[] = [
    ['stop', stop],
    ['rolling', rolling],
    ['broker', broker],
    ['s3-503', s3503],
  ];
  return [
    ...Array.from({ length: kills }, (): Fault => 'kill'),
    ...others.flatMap(([fault, wanted]) => (wanted ? [fault] : [])),
  ];
}

async function openStack(
  folder: string | undefined,
  say: (line: string) => void,
): Promise<{ stack: Stack; end: () => Promise<void> }> {
  if (folder === undefined) {
    const stack = await startStack({ progress: say });
    return { stack, end: () => stack.down() };
  }
  const stack = await runningStack(resolve(process.env.INIT_CWD ?? '.', folder));
  if (!stack)
    throw new Error(`no stack is up in ${folder}. What to do: npm run stack -- up --folder ${folder}`);
  return { stack, end: async () => {} };
}
