import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs a program in the project's folder with our streams, and resolves with its exit code. Who asks us to end asks it first, and
 * we end with it; Ctrl-C reaches both anyway.
 */
export function runToEnd(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env });
    let asked: 'SIGTERM' | 'SIGHUP' | undefined;
    const pass = (signal: 'SIGTERM' | 'SIGHUP'): void => {
      asked = signal;
      child.kill(signal);
    };
    process.on('SIGTERM', pass).on('SIGHUP', pass);
    child.on('error', reject);
    child.on('exit', (code) => {
      process.off('SIGTERM', pass).off('SIGHUP', pass);
      if (asked) process.exit(128 + constants.signals[asked]);
      resolve(code ?? 1);
    });
  });
}
