// npm run stack -- up|status|down
import { fork } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import type { DaemonMessage } from './daemon.ts';
import { messageOf, StackError } from './errors.ts';
import { credentialsFile, runningStack } from './state.ts';
import type { ComponentHealth } from './types.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const say = (line: string) => process.stdout.write(`${line}\n`);

const program = new Command('npm run stack --')
  .description(
    'The services Darkroom stands on, on this machine: Kafka, a schema registry, S3 and SQS, Redis, PostgreSQL, ' +
      'a stand-in for Firehose. ' +
      'Needs Java 17, Maven and Python 3 with venv, or a Docker engine; everything else is fetched once and cached.',
  )
  .showHelpAfterError()
  .exitOverride();

const command = (
  name: string,
  description: string,
  run: (folder: string, provider: string) => Promise<void>,
) =>
  program
    .command(name)
    .description(description)
    .option(
      '--folder <folder>',
      'where data, logs and credentials are kept',
      join(root, '.darkroom', 'stack'),
    )
    .action(({ folder, provider = '' }: { folder: string; provider?: string }) =>
      run(resolve(process.env.INIT_CWD ?? '.', folder), provider),
    );

command('up', 'start it, create the topics, leave it running, print every address', up).addOption(
  new Option('--provider <provider>', 'processes of this machine, or containers of a Docker engine')
    .choices(['native', 'containers'])
    .default('native')
    .env('DARKROOM_STACK'),
);
command('status', 'print the health and address of each part; exit code 1 when one is not healthy', status);
command('down', 'end it in order; its data stays in the folder for the next up', down);
program.addHelpText(
  'after',
  '\nExample:\n  npm run stack -- up\n  set -a; . .darkroom/stack/credentials.env; set +a\n  npx darkroom start',
);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  if (!(error instanceof StackError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function up(folder: string, provider: string): Promise<void> {
  const running = await runningStack(folder);
  if (running) say(`The stack in ${folder} is up already.`);
  else await startDaemon(folder, provider);
  await status(folder);
}

async function status(folder: string): Promise<void> {
  const stack = await runningStack(folder);
  if (!stack) throw new StackError(`No stack is up in ${folder}. Start one with: npm run stack -- up`);
  const health = await stack.health();
  report(folder, health);
  if (health.some(({ healthy }) => !healthy)) process.exitCode = 1;
}

async function down(folder: string): Promise<void> {
  const stack = await runningStack(folder);
  await stack?.down();
  say(
    stack
      ? `The stack is down. Its data is in ${folder}; delete that folder to begin anew.`
      : `No stack is up in ${folder}.`,
  );
}

/** Starts the process that holds the stack, shows its progress, and leaves it alone once the stack is up. */
function startDaemon(folder: string, provider: string): Promise<void> {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new StackError(
      `${folder} cannot be a folder for the stack (${messageOf(error)}). Name another with --folder.`,
    );
  }
  const log = openSync(join(folder, 'stack.log'), 'a', 0o600);
  const daemon = fork(fileURLToPath(new URL('./daemon.ts', import.meta.url)), [folder], {
    detached: true,
    cwd: root,
    env: { ...process.env, DARKROOM_STACK: provider },
    stdio: ['ignore', log, log, 'ipc'],
  });
  return new Promise((done, fail) => {
    daemon.on('message', (message: DaemonMessage) => {
      if (message.type === 'progress') say(message.line);
      else if (message.type === 'failed') fail(new StackError(message.message));
      else {
        daemon.unref();
        daemon.once('disconnect', done);
      }
    });
    daemon.on('error', fail);
    daemon.on('exit', () =>
      fail(new StackError(`The stack ended while starting; see ${join(folder, 'stack.log')}`)),
    );
  });
}

function report(folder: string, health: readonly ComponentHealth[]): void {
  const titles = {
    kafka: 'Kafka',
    registry: 'Schema registry',
    aws: 'S3 and SQS',
    redis: 'Redis',
    postgres: 'PostgreSQL',
    firehose: 'Firehose stand-in',
  };
  for (const { name, address, healthy, cause } of health) {
    say(`${titles[name].padEnd(16)} ${address.padEnd(44)} ${healthy ? 'healthy' : `not healthy: ${cause}`}`);
  }
  say(`Credentials      ${credentialsFile(folder)}`);
  say('Stop it with     npm run stack -- down');
}
