// What a running stack leaves in its folder for those who come later.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from './errors.ts';
import type { ComponentHealth } from './stack.ts';

export interface State {
  port: number;
  token: string;
}

/** Where and with which token the process that holds the stack listens; readable by its owner alone. */
export const stateFile = (folder: string) => join(folder, 'stack.json');
/** The variables `darkroom start` reads, as lines `NAME=value`; readable by its owner alone. */
export const credentialsFile = (folder: string) => join(folder, 'credentials.env');

/** The health of the stack in `folder`; undefined when none is up. */
export async function stackStatus(folder: string): Promise<ComponentHealth[] | undefined> {
  const response = await ask(folder, 'GET', '/status');
  if (!response) return undefined;
  const health: ComponentHealth[] = JSON.parse(await response.text());
  return health;
}

/** Ends the stack in `folder`; false when none is up. */
export async function stackDown(folder: string): Promise<boolean> {
  return (await ask(folder, 'POST', '/down')) !== undefined;
}

async function ask(folder: string, method: string, path: string): Promise<Response | undefined> {
  let state: State;
  try {
    state = JSON.parse(readFileSync(stateFile(folder), 'utf8'));
  } catch {
    return undefined;
  }
  let response: Response;
  try {
    response = await fetch(`http://127.0.0.1:${state.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${state.token}` },
      signal: AbortSignal.timeout(30_000),
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') {
      throw new StackError(
        `The stack in ${folder} does not answer within 30 s. Its logs are in that folder.`,
      );
    }
    return undefined; // it was killed: its parts ended with it
  }
  return response.ok ? response : undefined;
}
