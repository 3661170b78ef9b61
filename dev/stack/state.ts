// What a running stack leaves in its folder for those who come later; both files are readable by their owner alone.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Control, connectStack } from './control.ts';
import type { Stack } from './types.ts';

const controlFile = (folder: string) => join(folder, 'stack.json');

/** The variables `darkroom start` reads, as lines `NAME=value`. */
export const credentialsFile = (folder: string) => join(folder, 'credentials.env');

export function announce(folder: string, stack: Stack, control: Control): void {
  writeCredentials(credentialsFile(folder), stack);
  writePrivately(controlFile(folder), JSON.stringify(control));
}

export function withdraw(folder: string): void {
  rmSync(controlFile(folder), { force: true });
  rmSync(credentialsFile(folder), { force: true });
}

export function writeCredentials(file: string, stack: Stack): void {
  const lines = Object.entries(stack.environment()).map(([name, value]) => `${name}=${value}\n`);
  writePrivately(file, lines.join(''));
}

/** The stack that is up in `folder`, if one is. */
export async function runningStack(folder: string): Promise<Stack | undefined> {
  let control: Control;
  try {
    control = JSON.parse(readFileSync(controlFile(folder), 'utf8'));
  } catch {
    return undefined;
  }
  return connectStack(control);
}

/** The mode holds from the first byte: a file that was there with another one is not written into. */
function writePrivately(file: string, text: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
}
