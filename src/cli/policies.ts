import { Command, InvalidArgumentError } from 'commander';
import { parsePixels, parseSize } from '../config/units.ts';
import { DECODABLE_FORMATS } from '../processors/guard/decodable.ts';
import { RENDITION_FORMATS } from '../processors/types.ts';
import { customerProblem } from '../sources/customer-id.ts';
import type { PolicyLimits } from './policies-run.ts';
import type { Terminal } from './terminal.ts';

const HELP = `
Examples:
  $ darkroom policies list
  $ darkroom policies set acme --formats jpeg,png --max-bytes 5MiB
  $ darkroom policies set acme --max-pixels 20MP      replaces the policy as a whole
  $ darkroom policies delete acme                     acme's images are as the service allows

A policy only narrows what the service allows, and chooses among its pipelines. It holds for images that are read after it was set, within a second.
All need KAFKA_BROKERS and SCHEMA_REGISTRY_URL. \`darkroom start --help\` lists the variables.`;

/** `darkroom policies`: what each customer's images may be. */
export function policiesCommand(terminal: Terminal): Command {
  const command = new Command('policies')
    .description("Say what each customer's images may be: list, set, delete.")
    .addHelpText('after', HELP);
  const json = '--json';
  command
    .command('list')
    .description('Print every policy.')
    .option(json, 'print one line of JSON a policy')
    .action(async (options: { readonly json?: true }) => {
      const { listPolicies } = await import('./policies-run.ts'); // loaded when needed: help answers at once
      await listPolicies(options, terminal);
    });
  command
    .command('set')
    .argument('<customer>', 'customer id', customer)
    .description("Set a customer's policy; what is not named is as the service allows.")
    .option('--formats <formats>', 'formats that are processed, with commas', formats)
    .option('--max-bytes <size>', 'largest image file', size)
    .option('--max-pixels <pixels>', 'largest picture, over all its frames', pixels)
    .option('--max-frames <number>', 'longest animation', wholeNumber)
    .option('--max-side <pixels>', 'longest side of a frame', wholeNumber)
    .option('--max-ratio <number>', 'most decoded bytes for each byte of the file', wholeNumber)
    .option('--max-decoder-memory <size>', 'most memory that decoding may take', size)
    .option(
      '--pipeline <name>',
      "pipeline that makes the renditions; the service's DARKROOM_CONFIG names them",
    )
    .option('--rendition-formats <formats>', 'what "best" may choose from, with commas', renditionFormats)
    .option('--camera', "let events tell the camera's make and model")
    .option(json, 'print the policy as one line of JSON')
    .action(async (id: string, { json, ...limits }: PolicyLimits & { readonly json?: true }) => {
      const { setPolicy } = await import('./policies-run.ts');
      await setPolicy(id, limits, { json: json === true }, terminal);
    });
  command
    .command('delete')
    .argument('<customer>', 'customer id', customer)
    .description("Remove a customer's policy.")
    .action(async (id: string) => {
      const { deletePolicy } = await import('./policies-run.ts');
      await deletePolicy(id, terminal);
    });
  for (const sub of command.commands) {
    sub.exitOverride().configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
    sub.showHelpAfterError(`Run \`darkroom policies ${sub.name()} --help\` to see what is possible.`);
  }
  return command;
}

function customer(given: string): string {
  const problem = customerProblem(given);
  if (problem) throw new InvalidArgumentError(`${problem.reason}.`);
  return given;
}

const listOf =
  (choices: readonly string[]) =>
  (given: string): readonly string[] => {
    const names = given.split(',').map((name) => name.trim());
    if (!names.every((name) => choices.includes(name)))
      throw new InvalidArgumentError(`It must be a list with commas, each one of ${choices.join(', ')}.`);
    return names;
  };
const formats = listOf(DECODABLE_FORMATS);
const renditionFormats = listOf(RENDITION_FORMATS);

function size(given: string): number {
  const bytes = parseSize(given);
  if (bytes === undefined || bytes < 1)
    throw new InvalidArgumentError('It must be a size, as in 5MiB or 200000.');
  return bytes;
}

function pixels(given: string): number {
  const count = parsePixels(given);
  if (count === undefined || count < 1)
    throw new InvalidArgumentError('It must be pixels, as in 20MP or 640000.');
  return count;
}

function wholeNumber(given: string): number {
  const count = Number(given);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return count;
}
