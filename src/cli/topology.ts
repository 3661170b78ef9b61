import { Command, Option } from 'commander';
import type { Terminal } from './terminal.ts';

const HELP = `
Examples:
  $ darkroom topology                              as Kafka Streams describes it
  $ darkroom topology --format mermaid > flow.mmd  a picture, for any Markdown that draws Mermaid
  $ darkroom topology --format json | jq .         for programs

Connects to nothing. Topic names come from the TOPIC_… variables.`;

/** `darkroom topology`: what the application "develop" does with a record. */
export function topologyCommand(terminal: Terminal): Command {
  return new Command('topology')
    .description('Print the processing steps as text, as a picture or as data.')
    .addOption(
      new Option('--format <format>', 'how to print it').choices(['text', 'mermaid', 'json']).default('text'),
    )
    .addHelpText('after', HELP)
    .action(async ({ format }: { format: 'text' | 'mermaid' | 'json' }) => {
      const { describedTopology } = await import('./offline.ts'); // loaded when needed: help answers at once
      const { toJson, toMermaid } = await import('../topology/index.ts');
      const topology = describedTopology(terminal.env);
      const texts = {
        text: () => topology.describe(),
        mermaid: () => toMermaid(topology),
        json: () => JSON.stringify(toJson(topology), null, 2),
      };
      terminal.out(`${texts[format]().trimEnd()}\n`);
    });
}
