// The Docker engine, through its own command: whatever context, host or rootless set-up the user has, it knows.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { StackError } from '../errors.ts';
import type { LastCommand } from '../native/guard.ts';

const ANSWER_TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const run = promisify(execFile);

/** Standard output of `docker …`; rejects with a StackError that ends with what docker said. */
export async function docker(
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<string> {
  try {
    return (await run('docker', args, { ...options, maxBuffer: MAX_OUTPUT_BYTES })).stdout;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new StackError(`docker ${args[0]} failed: ${said || error}`);
  }
}

/** What a container wrote since this moment. */
export async function logsOf(name: string, since: string): Promise<string> {
  const { stdout, stderr } = await run('docker', ['logs', '--since', since, name], {
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  return stdout + stderr;
}

/** The command that removes all containers with a label, with their nameless volumes; in order: after an orderly end. */
export function removal(label: string, { inOrder }: { readonly inOrder: boolean }): LastCommand {
  const remove = inOrder
    ? 'docker stop --time 30 $ids; docker rm --volumes $ids'
    : 'docker rm --force --volumes $ids';
  const script = `ids=$(docker ps --all --quiet --filter 'label=${label}'); [ -z "$ids" ] || { ${remove}; }`;
  // where the engine is, and how to reach it
  const own = Object.entries(process.env).filter(([name]) => name.startsWith('DOCKER_'));
  return { command: 'sh', args: ['-c', script], env: Object.fromEntries(own) };
}

/** Whether there is a Docker engine that answers, with compose. */
export async function engineAnswers(): Promise<boolean> {
  const asked = [
    ['version', '--format', '{{.Server.Version}}'],
    ['compose', 'version'],
  ].map((args) => run('docker', args, { timeout: ANSWER_TIMEOUT_MS }));
  return (await Promise.allSettled(asked)).every(({ status }) => status === 'fulfilled');
}
