// The programs a machine must have, and running them with something to see meanwhile.
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StackError } from '../errors.ts';

const run = promisify(execFile);
const MIN_JAVA = 17;
const MIN_PYTHON_MINOR = 10;
const STILL_RUNNING_EVERY_MS = 5000;

const get = (packages: string) =>
  `What to do: apt-get install ${packages} (Debian, Ubuntu) or the same from your package manager.`;

export const javaCommand = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';

const once = <T>(ask: () => Promise<T>) => {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
};

/** The version of Java, `17.0.15`. */
export const javaVersion = once(async (): Promise<string> => {
  const output = await run(javaCommand, ['-version']).catch(() => undefined);
  const version = output && /version "([^"]+)"/.exec(output.stderr)?.[1];
  if (!version) {
    const where = process.env.JAVA_HOME ? `JAVA_HOME (${process.env.JAVA_HOME})` : 'PATH';
    throw new StackError(
      `Kafka and the registry need Java ${MIN_JAVA}, and there is no java in ${where}. ${get('openjdk-17-jre-headless')}`,
    );
  }
  if (Number.parseInt(version, 10) < MIN_JAVA) {
    throw new StackError(
      `Kafka and the registry need Java ${MIN_JAVA} or newer; java is ${version}. ${get('openjdk-17-jre-headless')}`,
    );
  }
  return version;
});

/** The version of Python, `3.11`. */
export const pythonVersion = once(async (): Promise<string> => {
  const script = 'import sys; print("%d.%d" % sys.version_info[:2])';
  const output = await run('python3', ['-c', script]).catch(() => undefined);
  if (!output) {
    throw new StackError(
      `The S3 of the local stack needs Python 3, and there is no python3. ${get('python3 python3-venv')}`,
    );
  }
  const version = output.stdout.trim();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 3 || (major === 3 && minor < MIN_PYTHON_MINOR)) {
    throw new StackError(
      `The S3 of the local stack needs Python 3.${MIN_PYTHON_MINOR} or newer; python3 is ${version}. ${get('python3 python3-venv')}`,
    );
  }
  return version;
});

export async function requireVenv(): Promise<void> {
  await run('python3', ['-c', 'import venv, ensurepip']).catch(() => {
    throw new StackError(
      `The S3 of the local stack needs Python's venv, which python3 lacks here. ${get('python3-venv')}`,
    );
  });
}

export async function requireMaven(): Promise<void> {
  await run('mvn', ['-v']).catch(() => {
    throw new StackError(
      `Kafka, the registry and Redis are fetched by Maven, and there is no working mvn. ${get('maven')}`,
    );
  });
}

/** PostgreSQL refuses to be root: root needs the program that makes it somebody else. */
export async function requireSetpriv(): Promise<void> {
  if (process.getuid?.() !== 0) return;
  await run('setpriv', ['--version']).catch(() => {
    throw new StackError(
      `PostgreSQL does not run as root, and there is no setpriv to run it as nobody. ${get('util-linux')}`,
    );
  });
}

/**
 * Runs a program to its end. Every 5 s `progress` hears that it still runs; of a failure the error shows the end of its
 * output and `advice`.
 */
export function runWithProgress(
  what: string,
  command: string,
  args: readonly string[],
  { cwd, progress, advice }: { cwd?: string; progress: (line: string) => void; advice: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const startedAt = Date.now();
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const lines: string[] = [];
    const collect = (chunk: Buffer) => {
      lines.push(
        ...chunk
          .toString()
          .split('\n')
          .filter((line) => line.trim() !== ''),
      );
      lines.splice(0, lines.length - 20);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const timer = setInterval(
      () => progress(`${what}: ${Math.round((Date.now() - startedAt) / 1000)} s so far`),
      STILL_RUNNING_EVERY_MS,
    );
    const stopWithUs = () => child.kill();
    process.once('exit', stopWithUs);
    const settle = (failure?: string) => {
      clearInterval(timer);
      process.off('exit', stopWithUs);
      if (failure === undefined) resolve();
      else reject(new StackError(`${what} failed (${failure}). ${advice}\n${lines.join('\n')}`));
    };
    child.on('error', (error) => settle(error.message));
    child.on('close', (code, signal) =>
      settle(code === 0 ? undefined : `${command} ended with ${signal ?? code}`),
    );
  });
}
