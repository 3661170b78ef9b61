// A broker: one KRaft node that is its own controller.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KafkaLogin } from '../types.ts';
import { KAFKA_VERSION, kafkaClassPath } from './artefacts.ts';
import type { Guard } from './guard.ts';
import { javaCommandOf, prepareJava } from './java.ts';
import { type KafkaSecurity, prepareSecurity } from './kafka-security.ts';
import { Service, type ServiceSpec } from './process.ts';
import { javaCommand } from './tools.ts';

const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg';
/** Images travel inside records; room for 16 MiB of them and their headers. */
const MAX_MESSAGE_BYTES = 20 * 1024 * 1024;
const MAX_HEAP_MB = 512;
const FORMATTED = 'formatted';

const LOGGING = [
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
  '-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config.AbstractConfig=warn',
];

export async function kafkaService(
  guard: Guard,
  folder: string,
  preferredPorts: readonly number[] | undefined,
  secure: boolean,
  progress: (line: string) => void,
): Promise<{ service: Service; login?: KafkaLogin }> {
  const classPath = await kafkaClassPath(progress);
  const name = `kafka-${KAFKA_VERSION}`;
  const prepared = await prepareJava(
    guard,
    name,
    (trial, archiveArgs) => spec(trial, classPath, join(trial, '..'), archiveArgs),
    async (target) => {
      progress(`Preparing Kafka ${KAFKA_VERSION} for quick starts, once on this machine…`);
      await format(target, classPath);
    },
  );
  const security = secure ? await prepareSecurity(folder) : undefined;
  const service = new Service(guard, { ...spec(folder, classPath, prepared, [], security), preferredPorts });
  return security === undefined ? { service } : { service, login: security.login };
}

function spec(
  folder: string,
  classPath: string,
  prepared: string,
  extraArgs: readonly string[],
  security?: KafkaSecurity,
): ServiceSpec {
  const properties = join(folder, 'server.properties');
  return {
    title: `Kafka ${KAFKA_VERSION}`,
    log: join(folder, 'kafka.log'),
    portCount: security ? 3 : 2,
    async prepare([port = 0, controllerPort = 0, securePort = 0]) {
      const data = join(folder, 'data');
      const plain = brokerProperties(port, controllerPort, data);
      await writeFile(properties, textOf(security ? security.properties(plain, securePort) : plain), {
        mode: 0o600,
      });
      if (!existsSync(join(data, 'meta.properties'))) {
        if (security) await formatData(classPath, properties, security.users);
        else await cp(join(prepared, FORMATTED), data, { recursive: true });
      }
      return javaCommandOf({
        args: [...extraArgs, ...LOGGING, '-cp', classPath, 'kafka.Kafka', properties],
        maxHeapMb: MAX_HEAP_MB,
        folder,
        prepared,
      });
    },
    isReady: async (_ports, log) => log.includes('Kafka Server started'),
  };
}

/** Formats a data folder once; every broker starts with a copy (a second saved a start). */
async function format(target: string, classPath: string): Promise<void> {
  const data = join(target, FORMATTED);
  const properties = join(target, 'format.properties');
  await mkdir(data);
  await writeFile(properties, textOf(brokerProperties(9092, 9093, data)));
  await formatData(classPath, properties, []);
  await rm(properties);
}

async function formatData(classPath: string, properties: string, users: readonly string[]): Promise<void> {
  await promisify(execFile)(javaCommand, [
    ...['-cp', classPath, 'kafka.tools.StorageTool', 'format'],
    ...['--cluster-id', CLUSTER_ID, '--config', properties],
    ...users.flatMap((user) => ['--add-scram', user]),
  ]);
}

/** A broker that is its own controller, reached on the loopback interface alone. */
export function brokerProperties(
  port: number,
  controllerPort: number,
  data: string,
): Record<string, string | number | boolean> {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': false,
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 8,
    'group.initial.rebalance.delay.ms': 0,
    'message.max.bytes': MAX_MESSAGE_BYTES,
    'replica.fetch.max.bytes': MAX_MESSAGE_BYTES,
    'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
    // what has expired goes at once, and not after 15 s: a test sees what it would have cost
    'log.cleaner.backoff.ms': 500,
    'num.network.threads': 2,
    'num.io.threads': 4,
    // after kill -9 the old registration must expire first: 5 s to start again instead of 17
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 500,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000,
  };
}

const textOf = (properties: Readonly<Record<string, string | number | boolean>>): string =>
  Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
