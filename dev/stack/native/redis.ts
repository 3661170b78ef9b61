// Redis: every write is on disk within a second and at once when it is stopped in order, so that counters outlast both.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { REDIS_VERSION, redisServer } from './artefacts.ts';
import { baseEnvironment, type Guard } from './guard.ts';
import { Service } from './process.ts';

const ANSWER_TIMEOUT_MS = 2000;

/** The service, and the password that its folder keeps. */
export async function redisService(
  guard: Guard,
  folder: string,
  preferredPorts: readonly number[] | undefined,
  progress: (line: string) => void,
): Promise<{ service: Service; password: string }> {
  const command = await redisServer(progress);
  const password = await keptPassword(join(folder, 'password'));
  const settings = join(folder, 'redis.conf');
  const service = new Service(guard, {
    title: `Redis ${REDIS_VERSION}`,
    log: join(folder, 'redis.log'),
    portCount: 1,
    preferredPorts,
    async prepare([port = 0]) {
      // a file, since the arguments of a process can be read by everybody on the machine
      await writeFile(settings, redisSettings(port, folder, password), { mode: 0o600 });
      return { command, args: [settings], cwd: folder, env: baseEnvironment() };
    },
    isReady: async ([port = 0]) => (await pings(port, password)).healthy,
  });
  return { service, password };
}

function redisSettings(port: number, folder: string, password: string): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${JSON.stringify(folder)}`,
    `requirepass ${password}`,
    'maxmemory-policy noeviction', // an evicted fence would count twice
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'daemonize no',
    '',
  ].join('\n');
}

/** The password in `file`, made at the first call; readable by its owner alone. */
export async function keptPassword(file: string): Promise<string> {
  if (!existsSync(file)) await writeFile(file, randomBytes(18).toString('hex'), { mode: 0o600 });
  return readFile(file, 'utf8');
}

/** Whether the Redis on this port takes the password and has loaded its data. */
export function pings(port: number, password: string): Promise<{ healthy: boolean; cause?: string }> {
  return new Promise((settle) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port, timeout: ANSWER_TIMEOUT_MS }, () =>
      socket.write(`AUTH ${password}\r\nPING\r\n`),
    );
    socket.on('data', (chunk) => {
      answer += chunk;
      const lines = answer.split('\r\n');
      if (lines.length < 3) return;
      const healthy = answer.startsWith('+OK\r\n+PONG');
      settle(healthy ? { healthy } : { healthy, cause: lines.find((line) => line.startsWith('-')) });
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)));
    socket.on('error', (error) => settle({ healthy: false, cause: error.message }));
    socket.on('close', () => settle({ healthy: false, cause: 'it closed the connection' }));
  });
}
