// How the JVM services run: small, quick to start, and with their classes prepared once a machine.
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { baseEnvironment, type Command, type Guard } from './guard.ts';
import { Service, type ServiceSpec } from './process.ts';
import { javaCommand, javaVersion } from './tools.ts';

const ARCHIVE = 'classes.jsa';
const ARCHIVING_TIMEOUT_MS = 120_000;

export interface JavaProgram {
  /** Everything after the JVM's own flags: class path, system properties, main class, arguments. */
  args: readonly string[];
  env?: Record<string, string>;
  maxHeapMb: number;
  /** Its working folder; also where native libraries are unpacked, so that a kill leaves none in /tmp. */
  folder: string;
  /** The folder of `prepareJava`. */
  prepared?: string;
}

export function javaCommandOf({
  args,
  env = {},
  maxHeapMb,
  folder,
  prepared,
}: JavaProgram): Omit<Command, 'log'> {
  const archive = prepared && join(prepared, ARCHIVE);
  return {
    command: javaCommand,
    args: [
      '-Xms48m',
      `-Xmx${maxHeapMb}m`,
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1', // a development broker never runs long enough to earn back the second compiler
      '-XX:-UsePerfData',
      '-Xshare:auto',
      ...(archive && existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []),
      `-Djava.io.tmpdir=${folder}`,
      ...args,
    ],
    env: { ...baseEnvironment(), ...env },
    cwd: folder,
  };
}

/**
 * A cached folder with what makes later starts of a JVM service quick: whatever `extra` adds, and the archive of the
 * classes it loads, written by one run of it (halves the time to start). Without the archive it starts all the same.
 */
export async function prepareJava(
  guard: Guard,
  name: string,
  specIn: (folder: string, archiveArgs: readonly string[]) => ServiceSpec,
  extra: (folder: string) => Promise<void> = async () => {},
): Promise<string> {
  return cached(`${name}-java${await javaVersion()}`, async (target) => {
    await extra(target);
    const trial = join(target, 'trial');
    await mkdir(trial);
    const service = new Service(guard, specIn(trial, [`-XX:ArchiveClassesAtExit=${join(target, ARCHIVE)}`]));
    await service.start();
    await service.stop(ARCHIVING_TIMEOUT_MS);
    await rm(trial, { recursive: true, force: true });
  });
}
