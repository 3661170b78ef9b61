import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { ConfigError } from '../config/environment.ts';
import { aclsCommand } from './acls.ts';
import { pipelinesCommand } from './pipelines.ts';
import { pluginCommand } from './plugin.ts';
import { policiesCommand } from './policies.ts';
import { produceCommand } from './produce.ts';
import { resetCommand } from './reset.ts';
import { startCommand } from './start.ts';
import { type Terminal, UsageError } from './terminal.ts';
import { topologyCommand } from './topology.ts';
import { tryCommand } from './try.ts';
import { warehouseCommand } from './warehouse.ts';

const EXAMPLES = `
Begin here, nothing needs to run for it:
  $ darkroom try photos/            develops a folder of images, writes darkroom-out/report.html
  $ darkroom pipelines --config darkroom.yaml
                                    checks a configuration file, and tells what it means
  $ darkroom topology               shows what happens to an image, step by step

In production:
  $ darkroom start                  the service; endpoints come from the environment
  $ darkroom produce photos/ --customer acme
                                    sends images to it over Kafka
  $ darkroom acls                   the rights that it needs on the brokers
  $ darkroom reset --dry-run        what going back to the beginning would remove

Exit codes: 0 done; 1 failed; 2 used wrongly (unknown option, missing file, invalid variable).`;

/** Runs the command line `args` and gives its exit code; it never throws and never exits. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('darkroom')
    .description('Images in, renditions and events out, exactly once, on Kafka.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .option('--debug', 'show stack traces (also: DEBUG=1)')
    .addHelpText('after', EXAMPLES);
  for (const command of [
    startCommand,
    tryCommand,
    pluginCommand,
    topologyCommand,
    aclsCommand,
    produceCommand,
    policiesCommand,
    pipelinesCommand,
    resetCommand,
    warehouseCommand,
  ]) {
    program.addCommand(command(terminal));
  }
  program.helpCommand('help [command]', 'explain a command');
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
    command.showHelpAfterError(`Run \`${nameOf(command)} --help\` to see what is possible.`);
  }
  if (args.length === 0) {
    terminal.err(program.helpInformation());
    terminal.err(`${EXAMPLES}\n`);
    return 2;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    const debug = program.opts().debug === true || terminal.env.DEBUG === '1';
    return report(error, terminal, debug);
  }
}

const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

/** Says what went wrong, once, and gives the exit code. */
function report(error: unknown, terminal: Terminal, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has spoken already
  const text = error instanceof Error ? error.message : String(error);
  terminal.err(`darkroom: ${text}\n`);
  if (debug && error instanceof Error) terminal.err(`${error.stack ?? ''}\n${causes(error)}`);
  return error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
}

function causes(error: Error): string {
  return error.cause instanceof Error
    ? `caused by: ${error.cause.stack ?? error.cause.message}\n${causes(error.cause)}`
    : '';
}
