import { Command, InvalidArgumentError, Option } from 'commander';
import type { PluginCheckOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

const HELP = `
Examples:
  $ darkroom plugin check ./sharpen.ts                  a module: export default async (image, context) => …
  $ darkroom plugin check ./filter.py                   a program: picture on stdin, answer on stdout
  $ darkroom plugin check ./filter.py -- --level 3      with arguments
  $ darkroom plugin check ./filter.py --timeout 2000 --memory 256 --input jpeg
  $ darkroom plugin check ./sharpen.ts --sample photos/a.jpg --json

It runs on pictures of every kind that customers send, in the processes and limits of production, each picture twice.
What each kind of plug-in is given and may answer: docs/plugins.md.

Exit codes: 0 it is fit for production; 1 some image would fail, or two runs differ; 2 no such file.`;

const positive = (text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it is a whole number above 0');
};

/** `darkroom plugin`: for those who write the company's own steps. */
export function pluginCommand(terminal: Terminal): Command {
  const check = new Command('check')
    .description('Run a plug-in on sample images and say what it would do in production.')
    .argument('<path>', 'a module (.js, .mjs, .ts) or an executable file')
    .argument('[args...]', 'arguments of the program, after --')
    .addOption(
      new Option('--input <kind>', 'what the program gets').choices(['png', 'jpeg', 'webp', 'original']),
    )
    .option('--timeout <ms>', 'time for one image', positive, 10_000)
    .option('--memory <MiB>', 'memory for one image', positive, 512)
    .option('--sample <file...>', 'your own images instead of the built-in ones')
    .option('--json', 'print one JSON document instead of a table')
    .addHelpText('after', HELP)
    .action(async (path: string, args: string[], options: PluginCheckOptions) => {
      const { checkPlugin } = await import('./plugin-check.ts'); // loaded when needed: help answers at once
      await checkPlugin(path, args, options, terminal);
    });
  const plugin = new Command('plugin').description('Check your own steps before they go into production.');
  plugin.addCommand(check.exitOverride().configureOutput({ writeOut: terminal.out, writeErr: terminal.err }));
  return plugin;
}
