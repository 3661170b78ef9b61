import { Command, InvalidArgumentError, Option } from 'commander';
import { customerProblem } from '../sources/customer-id.ts';
import type { ProduceOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

const HELP = `
Examples:
  $ darkroom produce photos/ --customer acme                      every file as one record
  $ darkroom produce photos/ --customer acme --by-reference       puts files into S3, sends where they are
  $ darkroom produce photos/ --customer acme --form avro          Avro, with the schema in the registry
  $ darkroom produce photos/ --customer acme --rate 5             five a second

A record has the file's bytes as its value and the headers customer-id and image-id, which is the path as given: the same path
of the same customer is the same image. Brokers usually take records up to 1 MiB; larger files go --by-reference.
--form json and avro put them into the value (docs/external-stream.md). Needs KAFKA_BROKERS; --form avro also SCHEMA_REGISTRY_URL,
--by-reference also S3_BUCKET and, where it is not AWS' own, S3_ENDPOINT and a key.
\`darkroom start --help\` lists the variables.`;

/** `darkroom produce`: sends files into the external stream, as the other application would. */
export function produceCommand(terminal: Terminal): Command {
  return new Command('produce')
    .description('Send images into the external stream.')
    .argument('<path...>', 'files, or folders with images')
    .requiredOption('--customer <id>', 'whose images these are', customer)
    .addOption(
      new Option('--form <form>', 'how records hold images').choices(['bytes', 'json', 'avro', 'reference']),
    )
    .option('--by-reference', 'put the files into S3 and send references: --form reference')
    .option('--topic <topic>', 'where to send (default: TOPIC_STREAM, or image-stream)')
    .option('--rate <images>', 'at most so many a second', rate)
    .addHelpText('after', HELP)
    .action(async (paths: string[], options: ProduceOptions) => {
      const { produce } = await import('./send-images.ts'); // loaded when needed: help answers at once
      await produce(paths, options, terminal);
    });
}

function customer(given: string): string {
  const problem = customerProblem(given);
  if (problem) throw new InvalidArgumentError(problem.reason);
  return given;
}

function rate(given: string): number {
  const value = Number(given);
  if (!(value > 0 && value <= 100_000))
    throw new InvalidArgumentError('It must be a number above 0, up to 100000.');
  return value;
}
