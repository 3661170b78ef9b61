// The stack as containers of public images, for machines that have a Docker engine and nothing else.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../errors.ts';
import { type Parts, type Place, type Site, startLocalStack } from '../local-stack.ts';
import { brokerProperties } from '../native/kafka.ts';
import { answersSql } from '../native/postgres.ts';
import { answers } from '../native/process.ts';
import { keptPassword, pings } from '../native/redis.ts';
import { REGISTRY_PATH } from '../native/registry.ts';
import type { Stack, StackOptions } from '../types.ts';
import { Container, type ContainerSpec } from './container.ts';
import { createDatabase } from './database.ts';
import { docker, engineAnswers, removal } from './engine.ts';
import { IMAGES, requireImage } from './images.ts';

const LABEL = 'dev.darkroom.stack';
const FOLDER_LABEL = 'dev.darkroom.folder';

/** Errors say so where no engine answers. */
export async function startContainerStack(options: StackOptions): Promise<Stack> {
  if (options.secure)
    throw new StackError(
      'The secure listener of Kafka is there in the native stack alone: DARKROOM_STACK=native.',
    );
  await requireEngine();
  return startLocalStack(options, containerParts);
}

export async function requireEngine(): Promise<void> {
  if (await engineAnswers()) return;
  throw new StackError(
    'No Docker engine with compose answers. What to do: start one (docker version says what is wrong), or take the ' +
      'native stack: DARKROOM_STACK=native.',
  );
}

async function containerParts({ guard, folder, keepsData, progress }: Site): Promise<Parts> {
  const id = keepsData ? await keptId(folder) : randomUUID();
  if (keepsData) await sweep(folder);
  const labels = [`${LABEL}=${id}`, ...(keepsData ? [`${FOLDER_LABEL}=${folder}`] : [])];
  guard.last(removal(`${LABEL}=${id}`, { inOrder: keepsData }));
  const make = async (
    part: keyof typeof IMAGES,
    { preferredPorts }: Place,
    spec: Omit<ContainerSpec, 'title' | 'image' | 'name' | 'labels' | 'data' | 'preferredPorts'> & {
      dataPath: string;
    },
  ) => {
    const image = IMAGES[part];
    await requireImage(image, progress);
    const name = `darkroom-${id}-${part}`;
    const data = { path: spec.dataPath, volume: keepsData ? name : undefined };
    return new Container({ ...spec, title: image, image, name, labels, data, preferredPorts });
  };

  return {
    kafka: async (place) => ({
      service: await make('kafka', place, {
        dataPath: '/var/lib/kafka/data',
        environment: brokerEnvironment,
        isReady: async (_port, log) => (await log()).includes('Kafka Server started'),
      }),
    }),

    registry: (place) =>
      make('registry', place, {
        innerPort: 8080,
        dataPath: '/tmp',
        environment: () => ({
          JAVA_OPTS_APPEND: '-Xmx256m',
          APICURIO_DATASOURCE_URL: 'jdbc:h2:file:/tmp/schemas',
        }),
        isReady: async (port) => (await answers(`http://127.0.0.1:${port}${REGISTRY_PATH}/subjects`)).healthy,
      }),

    aws: (place) =>
      make('aws', place, {
        innerPort: 4566,
        dataPath: '/tmp',
        environment: () => ({
          AUTH: 'true', // it would serve anybody
          SERVICES: 's3,sqs,iam,sts',
          SFTP_ENABLED: '0',
          IOT_MTLS_ENABLED: '0',
          S3_PERSIST: '1',
          S3_DATA_DIR: '/tmp/ministack/objects',
          PERSIST_STATE: '1',
          STATE_DIR: '/tmp/ministack/state',
        }),
        isReady: async (port) => (await answers(`http://127.0.0.1:${port}/_ministack/health`)).healthy,
      }),

    async redis(place) {
      const password = await keptPassword(join(place.folder, 'password'));
      const service = await make('redis', place, {
        innerPort: 6379,
        dataPath: '/data',
        // the settings on standard input: arguments can be read by everybody on the machine
        command: [
          'sh',
          '-c',
          `exec docker-entrypoint.sh redis-server - <<SETTINGS\n${REDIS_SETTINGS}\nSETTINGS`,
        ],
        environment: () => ({ REDIS_PASSWORD: password }),
        isReady: async (port) => (await pings(port, password)).healthy,
      });
      return { service, password };
    },

    async postgres(place) {
      const password = await keptPassword(join(place.folder, 'password'));
      const url = (port: number | undefined) => `postgres://darkroom:${password}@127.0.0.1:${port}/darkroom`;
      const adminUrl = (port: number) => `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
      const service = await make('postgres', place, {
        innerPort: 5432,
        dataPath: '/var/lib/postgresql/data',
        stopSignal: 'SIGINT', // SIGTERM would wait for every client to leave
        environment: () => ({ POSTGRES_PASSWORD: password }),
        isReady: async (port) => {
          if (!(await answersSql(adminUrl(port))).healthy) return false;
          await createDatabase(adminUrl(port), url(port));
          return true;
        },
      });
      return { service, url };
    },
  };
}

const REDIS_SETTINGS = [
  'requirepass $REDIS_PASSWORD',
  'maxmemory-policy noeviction', // an evicted fence would count twice
  'appendonly yes',
  'appendfsync everysec',
  'dir /data',
].join('\n');

/** The properties of the native broker, as the image wants them; outside and inside it has the same port and address. */
function brokerEnvironment(port: number): Record<string, string> {
  const controllerPort = port === 9093 ? 9094 : 9093;
  const properties = {
    ...brokerProperties(port, controllerPort, '/var/lib/kafka/data'),
    listeners: `PLAINTEXT://:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
  };
  const variables = Object.entries(properties).map(([name, value]) => [
    `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`,
    String(value),
  ]);
  return { ...Object.fromEntries(variables), KAFKA_HEAP_OPTS: '-Xms128m -Xmx512m' };
}

const idFile = (folder: string) => join(folder, 'containers');

/** The same for as long as the folder is there: its volumes are found by it. */
async function keptId(folder: string): Promise<string> {
  const file = idFile(folder);
  if (!existsSync(file)) await writeFile(file, randomUUID());
  return readFile(file, 'utf8');
}

/**
 * Removes what earlier stacks have left: containers of this folder whose guard was killed, and the volumes of every
 * folder that was deleted since.
 */
async function sweep(folder: string): Promise<void> {
  const containers = await lines(['ps', '--all', '--quiet', '--filter', `label=${FOLDER_LABEL}=${folder}`]);
  if (containers.length > 0) await docker(['rm', '--force', '--volumes', ...containers]);
  const format = `{{.Name}}\t{{.Label "${LABEL}"}}\t{{.Label "${FOLDER_LABEL}"}}`;
  const volumes = await lines(['volume', 'ls', '--filter', `label=${FOLDER_LABEL}`, '--format', format]);
  for (const [name = '', id, owner = ''] of volumes.map((line) => line.split('\t'))) {
    const isOwned = existsSync(idFile(owner)) && (await readFile(idFile(owner), 'utf8')) === id;
    if (!isOwned) await docker(['volume', 'rm', name]).catch(() => {}); // in use: of a stack that still runs
  }
}

const lines = async (args: readonly string[]) => (await docker(args)).split('\n').filter(Boolean);
