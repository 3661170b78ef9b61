import { Command } from 'commander';
import { startConfig } from '../config/compile.ts';
import { variablesForHelp } from '../config/describe.ts';
import { withConfig } from './options.ts';
import type { Terminal } from './terminal.ts';

const HELP = `
Example:
  $ KAFKA_BROKERS=localhost:9092 SCHEMA_REGISTRY_URL=http://localhost:8081 S3_BUCKET=my-images darkroom start

Roles, together in one process or apart in many; the outage of what one needs stops no other:
  intake     uploads: S3's notifications in an SQS queue become records of image-uploads
  develop    images in, renditions and events out
  warehouse  statistics through Firehose into the stage of the warehouse
  counters   counts in Redis, within a second
  counts     images by customer, type and minute, on image-counts
  load       from the stage of the warehouse into its tables, every minute

Configuration comes from the environment (default or "required" in parentheses), pipelines from the file that it names:
${variablesForHelp()}
  DARKROOM_PLUGIN_…
      Handed on to the worker processes, for a plug-in's own settings; nothing else of the environment is

Logs are JSON lines on standard output; the line with "msg":"ready" has the address of health and metrics in "http":
  GET /health/live    200 while the process should be kept
  GET /health/ready   200 while every role does its work, else 503 with the causes, each with its role
  GET /metrics        for Prometheus

A service that cannot be reached is waited for, and /health/ready says which. A missing topic, a refused key or a schema that
does not fit ends the start with exit code 1; a wrong variable with 2. SIGTERM finishes what is in turn, commits, leaves the
group and exits with 0; a second one ends the process at once.`;

interface StartOptions {
  readonly roles?: string;
  readonly config?: string;
}

/** `darkroom start`: the service. */
export function startCommand(terminal: Terminal): Command {
  return new Command('start')
    .description('Run the service; endpoints come from the environment.')
    .option('--roles <roles>', 'what this process does, a list with commas; instead of ROLES')
    .option('--config <file>', 'configuration file with pipelines; instead of DARKROOM_CONFIG')
    .addHelpText('after', HELP)
    .action(async ({ roles, config: file }: StartOptions) => {
      const given = withConfig(terminal.env, file);
      const env = roles === undefined ? given : { ...given, ROLES: roles };
      const { configFileOf } = await import('../config/file/read-config.ts'); // loaded when needed: help answers at once
      const config = startConfig(env, await configFileOf(env, { withSecrets: true }));
      const { runService } = await import('./service.ts');
      await runService(config, terminal.stop);
    });
}
