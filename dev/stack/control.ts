// A stack held by another process: the holder serves it on a loopback port, whoever knows the token uses it as its own.
// The token also makes sure that an address which has gone stale never reaches somebody else's process.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { messageOf, StackError } from './errors.ts';
import type { Addresses, Component, ComponentHealth, ComponentName, Stack } from './types.ts';
import { COMPONENTS } from './types.ts';

/** Where a stack is served. Keep it private: it opens everything. */
export interface Control {
  port: number;
  token: string;
}

interface Description {
  folder: string;
  addresses: Addresses;
  environment: Record<string, string>;
  pids: Partial<Record<ComponentName, number>>;
}

const ACTIONS = ['stop', 'kill', 'freeze', 'thaw', 'start'] as const;
type Action = (typeof ACTIONS)[number];
const REQUEST_TIMEOUT_MS = 90_000;

/**
 * Serves `stack`, which has all components, until this process ends.
 * @param ended called when somebody has asked for its end, after it is down
 */
export async function serveStack(stack: Stack, ended: () => void): Promise<Control> {
  const token = randomBytes(24).toString('hex');
  const expected = Buffer.from(`Bearer ${token}`);
  const server = createServer(async (request, response) => {
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      response.writeHead(401).end();
      return;
    }
    try {
      const answer = await respond(stack, request);
      const isLast = request.url === '/down';
      response.end(JSON.stringify(answer ?? null), () => isLast && ended());
    } catch (error) {
      response.writeHead(500).end(messageOf(error));
    }
  });
  server.unref();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address && typeof address === 'object') resolve(address.port);
    });
  });
  return { port, token };
}

async function respond(stack: Stack, { method, url = '' }: IncomingMessage): Promise<unknown> {
  const [, noun, name, verb] = url.split('/');
  if (method === 'GET' && noun === 'health') return stack.health();
  if (method === 'GET' && noun === 'stack') return describe(stack);
  if (method === 'POST' && noun === 'down') return stack.down();
  const component = COMPONENTS.find((known) => known === name);
  const action = ACTIONS.find((known) => known === verb);
  if (method !== 'POST' || noun !== 'components' || !component || !action)
    throw new Error(`no such request: ${url}`);
  await stack.component(component)[action]();
  return describe(stack);
}

function describe(stack: Stack): Description {
  const { kafka, registry, s3, sqs, redis, warehouse, firehose } = stack.addresses;
  const pids = Object.fromEntries(COMPONENTS.map((name) => [name, stack.component(name).pid]));
  return {
    folder: stack.folder,
    addresses: { kafka, registry, s3, sqs, redis, warehouse, firehose },
    environment: stack.environment(),
    pids,
  };
}

/** The stack served at `control`; undefined when nobody serves it any more. */
export async function connectStack(control: Control): Promise<Stack | undefined> {
  let description = await request<Description>(control, 'GET', '/stack');
  if (!description) return undefined;
  const { folder, addresses, environment } = description;
  const gone = () =>
    new StackError(`The process that holds the stack in ${folder} has ended. Start the stack again.`);
  const act = async (name: ComponentName, action: Action) => {
    description = await request<Description>(control, 'POST', `/components/${name}/${action}`);
    if (!description) throw gone();
  };
  return {
    folder,
    addresses,
    environment: () => environment,
    component: (name): Component => ({
      get pid() {
        return description?.pids[name];
      },
      stop: () => act(name, 'stop'),
      kill: () => act(name, 'kill'),
      freeze: () => act(name, 'freeze'),
      thaw: () => act(name, 'thaw'),
      start: () => act(name, 'start'),
    }),
    async health() {
      const health = await request<ComponentHealth[]>(control, 'GET', '/health');
      if (!health) throw gone();
      return health;
    },
    async down() {
      await request(control, 'POST', '/down');
    },
  };
}

async function request<T>({ port, token }: Control, method: string, path: string): Promise<T | undefined> {
  let response: Response;
  try {
    response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') {
      throw new StackError(
        `The process that holds the stack does not answer within ${REQUEST_TIMEOUT_MS / 1000} s.`,
      );
    }
    return undefined; // it has ended, and its parts with it
  }
  const text = await response.text();
  if (response.status === 401) return undefined; // another program has its port now
  if (!response.ok) throw new StackError(text);
  const answer: T = JSON.parse(text);
  return answer;
}
