// The brokers of a run: the stack's one, or three that replicate everything to each other.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kafkaClassPath } from '../../dev/stack/native/artefacts.ts';
import { Guard } from '../../dev/stack/native/guard.ts';
import { javaCommandOf } from '../../dev/stack/native/java.ts';
import { brokerProperties } from '../../dev/stack/native/kafka.ts';
import { freePorts } from '../../dev/stack/native/ports.ts';
import { Service } from '../../dev/stack/native/process.ts';
import { javaCommand } from '../../dev/stack/native/tools.ts';
import { type Component, type Stack, startStack } from '../../dev/stack/stack.ts';

const CLUSTER_ID = '5L6g3nShT-eMCtK--X86sw';
const MAX_HEAP_MB = 320;

export interface Cluster {
  /** `host:port` of each broker. */
  readonly addresses: readonly string[];
  readonly brokers: readonly Component[];
  /** Of every topic. */
  readonly replicationFactor: number;
  down(): Promise<void>;
}

export async function startCluster(brokers: 1 | 3, progress: (line: string) => void): Promise<Cluster> {
  if (brokers === 3) return threeBrokers(progress);
  const stack = await startStack({ components: ['kafka'], progress });
  return { ...clusterOf(stack), down: () => stack.down() };
}

/** The one broker of a stack, which is somebody else's to end. */
export function clusterOf(stack: Stack): Cluster {
  return {
    addresses: [stack.addresses.kafka],
    brokers: [stack.component('kafka')],
    replicationFactor: 1,
    down: async () => {},
  };
}

/** Three nodes, each broker and controller; a record is acknowledged once two have it. */
async function threeBrokers(progress: (line: string) => void): Promise<Cluster> {
  const classPath = await kafkaClassPath(progress);
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-cluster-'));
  const guard = new Guard(folder);
  try {
    const ports = await freePorts(6);
    const nodes = [1, 2, 3].map((id) => ({ id, port: ports[id - 1] ?? 0, controller: ports[id + 2] ?? 0 }));
    const voters = nodes.map(({ id, controller }) => `${id}@127.0.0.1:${controller}`).join(',');
    const services = nodes.map(({ id, port, controller }) => {
      const home = join(folder, `node-${id}`);
      return new Service(guard, {
        title: `Kafka node ${id}`,
        log: join(home, 'kafka.log'),
        portCount: 2,
        preferredPorts: [port, controller],
        async prepare([taken]) {
          if (taken !== port)
            throw new Error(`port ${port} was taken while the cluster started: start it again`);
          const properties = await configure(home, voters, { id, port, controller }, classPath);
          return javaCommandOf({
            args: ['-cp', classPath, 'kafka.Kafka', properties],
            maxHeapMb: MAX_HEAP_MB,
            folder: home,
          });
        },
        isReady: async (_ports, log) => log.includes('Kafka Server started'),
      });
    });
    progress('Starting three brokers…');
    for (const { id } of nodes) await mkdir(join(folder, `node-${id}`));
    await Promise.all(services.map((service) => service.start()));
    return {
      addresses: nodes.map(({ port }) => `127.0.0.1:${port}`),
      brokers: services,
      replicationFactor: 3,
      down: () => guard.end(),
    };
  } catch (error) {
    await guard.end();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

interface Node {
  readonly id: number;
  readonly port: number;
  readonly controller: number;
}

/** Writes a node's properties and formats its folder the first time; returns the file. */
async function configure(
  home: string,
  voters: string,
  { id, port, controller }: Node,
  classPath: string,
): Promise<string> {
  const file = join(home, 'server.properties');
  const data = join(home, 'data');
  const properties = {
    ...brokerProperties(port, controller, data),
    'node.id': id,
    'controller.quorum.voters': voters,
    'default.replication.factor': 3,
    'min.insync.replicas': 2,
    'offsets.topic.replication.factor': 3,
    'transaction.state.log.replication.factor': 3,
    'transaction.state.log.min.isr': 2,
  };
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(file, lines.join(''));
  if (!existsSync(join(data, 'meta.properties'))) {
    await promisify(execFile)(javaCommand, [
      ...['-cp', classPath, 'kafka.tools.StorageTool', 'format'],
      ...['--cluster-id', CLUSTER_ID, '--config', file],
    ]);
  }
  return file;
}
