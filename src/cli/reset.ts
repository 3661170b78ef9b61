import { Command } from 'commander';
import type { ResetOptions } from './options.ts';
import { type Terminal, UsageError } from './terminal.ts';

const HELP = `
Examples:
  $ darkroom reset --roles counters --dry-run     what would be removed, and what would not
  $ darkroom reset --roles counters --yes         the counts in Redis are made anew from the topic
  $ darkroom reset --roles counts --yes --json    the same for another role, told as one line of JSON

Puts roles back to their beginning: offsets of the group, topics of their own (repartitions and changelogs), state in STATE_DIR on this
machine, and for counters the fence and the counts in Redis. Together, since any of them alone counts twice or not at all. Refused while
members of the group live. When it ends with an error, run it again before an instance starts. On every other machine that has run the
role, remove its folder in STATE_DIR before an instance starts there: its rows can pass for those of the new changelog. It needs the right
to Delete (and Describe) the group and the topics of its own, which no role has and \`darkroom acls\` does not print.`;

/** `darkroom reset`: roles go back to their beginning. */
export function resetCommand(terminal: Terminal): Command {
  return new Command('reset')
    .description('Put roles back to their beginning: offsets, topics of their own, state, counts in Redis.')
    .option('--roles <roles>', 'a list with commas (default: ROLES, or all)')
    .option('--dry-run', 'only say what would be done')
    .option('--yes', 'do it; nothing is asked')
    .option('--json', 'print one line of JSON')
    .addHelpText('after', HELP)
    .action(async (options: ResetOptions) => {
      if (options.dryRun && options.yes) throw new UsageError('--dry-run and --yes exclude each other');
      if (!options.dryRun && !options.yes)
        throw new UsageError(
          'a reset cannot be taken back: look at it with --dry-run, then do it with --yes',
        );
      const { resetRoles } = await import('./reset-run.ts'); // loaded when needed: help answers at once
      await resetRoles(options, terminal);
    });
}
