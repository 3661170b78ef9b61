import { Command, InvalidArgumentError, Option } from 'commander';
import type { AclsOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

const HELP = `
Examples:
  $ darkroom acls                                       what each role may do, as a table
  $ darkroom acls --roles develop --format commands     the same for kafka-acls.sh
  $ darkroom acls --principal User:develop --format json | jq .

Computed from the topologies that run, with the names of the TOPIC_… variables, APPLICATION_ID and GUARANTEE. It is all that a role
needs: the topics of others must exist, Darkroom creates only its own. Connects to nothing.`;

/** `darkroom acls`: the rights that each role needs on the brokers. */
export function aclsCommand(terminal: Terminal): Command {
  return new Command('acls')
    .description('Print the rights that each role needs on Kafka.')
    .option('--roles <roles>', 'a list with commas (default: ROLES, or all)')
    .option('--principal <principal>', 'who gets them (default: the user of KAFKA_SASL_USERNAME)', principal)
    .addOption(
      new Option('--format <format>', 'how to print it')
        .choices(['text', 'commands', 'json'])
        .default('text'),
    )
    .addHelpText('after', HELP)
    .action(async (options: AclsOptions) => {
      const { printAcls } = await import('./print-acls.ts'); // loaded when needed: help answers at once
      printAcls(options, terminal);
    });
}

function principal(given: string): string {
  if (/^[A-Za-z]+:[^'\s]+$/.test(given)) return given;
  throw new InvalidArgumentError('It must be a type and a name, as in User:darkroom.');
}
