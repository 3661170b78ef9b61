// The process behind `npm run stack -- up`: holds a stack in a named folder until it is told to end. Its parent hears
// of the start over the pipe between them; afterwards `status` and `down` ask it over a loopback port, with the token
// of the folder's state file, so that a stale file can never end somebody else's process.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { messageOf } from './errors.ts';
import { type Stack, startStack } from './stack.ts';
import { credentialsFile, type State, stateFile } from './state.ts';
import { createTopics } from './topics.ts';

export type DaemonMessage =
  | { type: 'progress'; line: string }
  | { type: 'up' }
  | { type: 'failed'; message: string };

const [, , folder] = process.argv;
if (!folder || !process.connected) throw new Error('This file is started by `npm run stack -- up`.');

const tell = (message: DaemonMessage) =>
  new Promise<void>((resolve) => (process.connected ? process.send?.(message, () => resolve()) : resolve()));

let stack: Stack | undefined;
let ending: Promise<void> | undefined;
function end(): Promise<void> {
  ending ??= (async () => {
    rmSync(stateFile(folder ?? ''), { force: true });
    rmSync(credentialsFile(folder ?? ''), { force: true });
    await stack?.down();
  })();
  return ending;
}

// whoever asked for the stack went away before it was up: nobody would know of it
const endUnasked = () => void end().then(() => process.exit(1));
process.once('disconnect', endUnasked);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => void end().then(() => process.exit(0)));
}

try {
  stack = await startStack({ folder, progress: (line) => void tell({ type: 'progress', line }) });
  await createTopics(stack.addresses.kafka);
  const token = randomBytes(24).toString('hex');
  const port = await serve(stack, token);
  writePrivately(credentialsFile(folder), environmentFile(stack.environment()));
  writePrivately(stateFile(folder), JSON.stringify({ port, token } satisfies State));
  process.off('disconnect', endUnasked);
  await tell({ type: 'up' });
  process.disconnect?.();
} catch (error) {
  await tell({ type: 'failed', message: messageOf(error) });
  await end();
  process.exit(1);
}

function serve(running: Stack, token: string): Promise<number> {
  const expected = Buffer.from(`Bearer ${token}`);
  const server = createServer(async (request, response) => {
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      response.writeHead(401).end();
    } else if (request.method === 'GET' && request.url === '/status') {
      response.end(JSON.stringify(await running.health()));
    } else if (request.method === 'POST' && request.url === '/down') {
      await end();
      response.end(() => process.exit(0));
    } else {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address && typeof address === 'object') resolve(address.port);
    });
  });
}

function environmentFile(environment: Record<string, string>): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function writePrivately(file: string, text: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o600);
}
