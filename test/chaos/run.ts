// npm run chaos -- --rounds N --seed S [--brokers 1|3] [--json]
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Guarantee } from '../../src/topology/index.ts';
import { runChaos } from './chaos.ts';
import { startCluster } from './cluster.ts';
import { FAULTS, type Fault } from './faults.ts';

interface Options {
  readonly rounds: number;
  readonly seed?: number;
  readonly brokers: '1' | '3';
  readonly guarantee: Guarantee;
  readonly first: number;
  readonly faults?: readonly Fault[];
  readonly json?: true;
}

const MAX_SEED = 2 ** 32 - 1;
const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
};

function faultNames(text: string): Fault[] {
  return text.split(',').map((name) => {
    const fault = FAULTS.find((known) => known === name);
    if (!fault)
      throw new InvalidArgumentError(`It must be some of ${FAULTS.join(', ')}, with commas between.`);
    return fault;
  });
}

const program = new Command('npm run chaos --')
  .description(
    'Attacks a stateful application of three processes on real brokers: counts, windows and joins, exactly once. After each\n' +
      'round of faults, what readers of committed records see must be what the inputs say.',
  )
  .option('--rounds <n>', 'how many rounds, each with an application of its own', wholeNumber(1, 10_000), 3)
  .option('--seed <s>', 'decides events, faults, victims and moments', wholeNumber(0, MAX_SEED))
  .addOption(new Option('--brokers <b>', 'how many brokers').choices(['1', '3']).default('1'))
  .addOption(
    new Option('--guarantee <guarantee>', 'what the application promises')
      .choices(['exactly_once', 'at_least_once'])
      .default('exactly_once'),
  )
  .option('--first <n>', 'begin with this round of the seed, to see one again', wholeNumber(1, 10_000), 1)
  .option('--faults <names>', 'do these in every round, instead of those that the seed draws', faultNames)
  .option('--json', 'end with one line of JSON')
  .addHelpText(
    'after',
    '\nExit codes: 0 nothing missing, double or wrong, and no process ended by itself; 1 otherwise; 2 wrong usage.\n' +
      'Example:\n  npm run chaos -- --rounds 3 --seed 7 --brokers 3 --json',
  )
  .showHelpAfterError('(--help shows all options)')
  .exitOverride()
  .allowExcessArguments(false)
  .action(chaos);

// Members and brokers end with this process; ending it in order is enough.
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

async function chaos({ brokers, json, ...options }: Options): Promise<void> {
  const startedMs = performance.now();
  const say = (line: string) => {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(6);
    (json ? process.stderr : process.stdout).write(`${seconds} s  ${line}\n`);
  };
  const seed = options.seed ?? Math.floor(Math.random() * MAX_SEED);
  say(`seed ${seed}`);
  const cluster = await startCluster(brokers === '3' ? 3 : 1, say);
  try {
    const { surprises, notes: _said, ...verdict } = await runChaos(cluster, { ...options, seed, say });
    if (json) process.stdout.write(`${JSON.stringify(verdict)}\n`);
    else say(JSON.stringify(verdict));
    const { missing, double, stateWrong } = verdict;
    if (missing + double + stateWrong + surprises > 0) process.exitCode = 1;
  } finally {
    await cluster.down();
  }
}
