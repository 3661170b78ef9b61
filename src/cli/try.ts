import { Command } from 'commander';
import type { TryOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

const HELP = `
Examples:
  $ darkroom try photo.jpg                       one file; a table, and darkroom-out/report.html
  $ darkroom try photos/ more/ --out results     folders, with all that is in them
  $ darkroom try photos/ --json | jq -r 'select(.outcome != "processed") | .file + " " + .code'
  $ darkroom try photos/ --plugin ./my-step.mjs  with your own step before the renditions
  $ darkroom try photos/ --config darkroom.yaml --pipeline avatars
                                                 with a pipeline of your own
  $ MAX_IMAGE_PIXELS=10MP darkroom try photos/   with other limits; \`darkroom start --help\` lists the variables

No service is needed: the topology is the one of \`darkroom start\`, the topics are in memory, the archive is a folder.
Each line of --json: file, outcome (processed, rejected, failed), code, reason, facts of the image, renditions.

Exit codes: 0 every file was processed or rejected; 1 something of ours failed (outcome "failed"); 2 no such file, or a mistake in the configuration.`;

/** `darkroom try`: develops files without any service. */
export function tryCommand(terminal: Terminal): Command {
  return new Command('try')
    .description('Develop images on this machine, with no service at all, and look at the result.')
    .argument('<path...>', 'files, or folders with images')
    .option('-o, --out <folder>', 'where renditions and report.html go', 'darkroom-out')
    .option('--json', 'print one JSON line a file instead of a table')
    .option('--plugin <module>', 'your own step, a module that exports a function (instead of PLUGIN)')
    .option('--config <file>', 'configuration file with pipelines (instead of DARKROOM_CONFIG)')
    .option('--pipeline <name>', 'which of its pipelines; without it the default one')
    .addHelpText('after', HELP)
    .action(async (paths: string[], options: TryOptions) => {
      const { tryFiles } = await import('./try-files.ts'); // loaded when needed: help answers at once
      await tryFiles(paths, options, terminal);
    });
}
