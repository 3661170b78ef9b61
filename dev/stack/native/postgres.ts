// PostgreSQL, which stands in for Redshift: what runs on both is the warehouse (warehouse/README.md).
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { messageOf, StackError } from '../errors.ts';
import { baseEnvironment, type Guard } from './guard.ts';
import { postgresPrograms, runAsNobody } from './postgres-programs.ts';
import { Service } from './process.ts';
import { keptPassword } from './redis.ts';

const DATABASE = 'darkroom';
/** The user that the service is: owner of the database, no superuser, as on Redshift. */
const USER = 'darkroom';
const ANSWER_TIMEOUT_MS = 2000;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '32MB',
  // a killed process loses nothing by these, only a machine that loses its power would
  fsync: 'off',
  full_page_writes: 'off',
};

/** The service, and the address that opens the database on a given port. */
export async function postgresService(
  guard: Guard,
  folder: string,
  preferredPorts: readonly number[] | undefined,
): Promise<{ service: Service; url: (port: number | undefined) => string }> {
  const programs = await postgresPrograms();
  const password = await keptPassword(join(folder, 'password'));
  const data = join(folder, 'data');
  const service = new Service(guard, {
    title: 'PostgreSQL',
    log: join(folder, 'postgres.log'),
    portCount: 1,
    preferredPorts,
    async prepare([port = 0]) {
      if (!existsSync(data)) await createDatabase(programs, folder, data, password);
      const settings = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => [
        '-c',
        `${name}=${value}`,
      ]);
      return {
        ...runAsNobody(programs.postgres, ['-D', data, ...settings]),
        cwd: folder,
        env: environment(),
        stopSignal: 'SIGINT', // SIGTERM would wait for every client to leave
      };
    },
    isReady: async (_ports, log) => log.includes('database system is ready to accept connections'),
  });
  const url = (port: number | undefined) => `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
  return { service, url };
}

/** Makes the data folder; it appears whole or not at all. */
async function createDatabase(
  { initdb, postgres }: { initdb: string; postgres: string },
  folder: string,
  data: string,
  password: string,
): Promise<void> {
  const unfinished = join(folder, 'unfinished');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  const initialise = runAsNobody(initdb, [
    ...[
      '-D',
      unfinished,
      '--username=postgres',
      '--auth=scram-sha-256',
      `--pwfile=${join(folder, 'password')}`,
    ],
    ...['--encoding=UTF8', '--locale=C', '--wal-segsize=1', '--no-sync'],
  ]);
  const single = runAsNobody(postgres, ['--single', '-D', unfinished, 'postgres']);
  try {
    if (initialise.uid !== undefined) await chown(unfinished, initialise.uid, initialise.uid);
    await promisify(execFile)(initialise.command, initialise.args, { cwd: folder, env: environment() });
    const made = promisify(execFile)(single.command, single.args, { cwd: folder, env: environment() });
    made.child.stdin?.end(
      `CREATE ROLE ${USER} LOGIN CREATEDB CREATEROLE PASSWORD '${password}'\nCREATE DATABASE ${DATABASE} OWNER ${USER}\n`,
    );
    const { stderr } = await made;
    if (/ERROR|FATAL/.test(stderr)) throw new Error(stderr.replaceAll(password, '…'));
  } catch (error) {
    throw new StackError(`PostgreSQL could not make its database: ${messageOf(error)}`);
  }
  await rename(unfinished, data);
}

const environment = () => ({ ...baseEnvironment(), LC_ALL: 'C' });

/** Whether the database takes the password and answers. */
export async function answersSql(url: string): Promise<{ healthy: boolean; cause?: string }> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
  });
  client.on('error', () => {}); // the query says so too
  try {
    await client.connect();
    await client.query('SELECT 1');
    return { healthy: true };
  } catch (error) {
    return { healthy: false, cause: messageOf(error) };
  } finally {
    await client.end().catch(() => {});
  }
}
