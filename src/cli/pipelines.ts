import { Command } from 'commander';
import type { PipelinesOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

const HELP = `
Examples:
  $ darkroom pipelines --config darkroom.yaml      checks the file, and prints what it means
  $ darkroom pipelines --config darkroom.yaml --json | jq -r '.[].name'

Connects to nothing. Without --config, DARKROOM_CONFIG names the file; without that, the pipeline standard is all there is.

Exit codes: 0 the file is sound; 2 it has mistakes, all of which are told.`;

/** `darkroom pipelines`: what a configuration file means. */
export function pipelinesCommand(terminal: Terminal): Command {
  return new Command('pipelines')
    .description('Check a configuration file and print its pipelines, with all defaults.')
    .option('--config <file>', 'configuration file (instead of DARKROOM_CONFIG)')
    .option('--json', 'print one JSON document')
    .addHelpText('after', HELP)
    .action(async (options: PipelinesOptions) => {
      const { printPipelines } = await import('./pipelines-run.ts'); // loaded when needed: help answers at once
      await printPipelines(options, terminal);
    });
}
