import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../config/units.ts';
import type { Terminal } from './terminal.ts';

const HELP = `
Examples:
  $ darkroom warehouse migrate                creates tables, views and grants; does nothing the second time
  $ darkroom warehouse load                   moves what Firehose has staged into the tables, once
  $ darkroom warehouse load --every 60s       again and again, as the role "load" of \`darkroom start\` does
  $ darkroom warehouse check                  compares the rows with every event that image-stats holds

All need WAREHOUSE_URL, postgres://user:password@host:port/database, of Redshift or PostgreSQL; check also KAFKA_BROKERS and
SCHEMA_REGISTRY_URL. \`darkroom start --help\` lists the variables.`;

const MIN_INTERVAL_MS = 1_000;

/** `darkroom warehouse`: the tables of the statistics. */
export function warehouseCommand(terminal: Terminal): Command {
  const command = new Command('warehouse')
    .description('Keep the tables of the statistics: migrate, load, check.')
    .addHelpText('after', HELP);
  const json = '--json';
  command
    .command('migrate')
    .description('Bring the tables, views and grants to what this version wants.')
    .option(json, 'print what was done as one line of JSON')
    .addHelpText('after', '\nExample:\n  $ darkroom warehouse migrate')
    .action(async (options: { readonly json?: true }) => {
      const { migrateWarehouse } = await import('./warehouse-run.ts'); // loaded when needed: help answers at once
      await migrateWarehouse(options, terminal);
    });
  command
    .command('load')
    .description('Move what Firehose has staged into the tables, each event and revision once.')
    .option('--every <duration>', 'go on, with a load as often as this', interval)
    .option(json, 'print what was done as one line of JSON')
    .addHelpText('after', '\nExample:\n  $ darkroom warehouse load --every 60s')
    .action(async (options: { readonly every?: number; readonly json?: true }) => {
      const { loadWarehouse } = await import('./warehouse-run.ts');
      await loadWarehouse(options, terminal);
    });
  command
    .command('check')
    .description('Compare the rows with the events of image-stats; exit code 1 when they differ.')
    .addOption(
      new Option('--grace <duration>', 'events that are younger may be on their way')
        .argParser(duration)
        .default(15 * 60_000, '15m'),
    )
    .option(json, 'print the result as one line of JSON')
    .addHelpText('after', '\nExample:\n  $ darkroom warehouse check --grace 0 --json')
    .action(async (options: { readonly grace: number; readonly json?: true }) => {
      const { checkWarehouse } = await import('./warehouse-check.ts');
      await checkWarehouse(options, terminal);
    });
  for (const sub of command.commands) {
    sub.exitOverride().configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
    sub.showHelpAfterError(`Run \`darkroom warehouse ${sub.name()} --help\` to see what is possible.`);
  }
  return command;
}

function duration(given: string): number {
  const ms = parseDuration(given);
  if (ms === undefined) throw new InvalidArgumentError('It must be a duration, as in 30s, 15m or 0.');
  return ms;
}

function interval(given: string): number {
  const ms = duration(given);
  if (ms < MIN_INTERVAL_MS) throw new InvalidArgumentError('It must be 1s or longer.');
  return ms;
}
