// A stack on this machine, whoever makes its parts: what starts first, where all is, what a named folder remembers.
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf, StackError } from './errors.ts';
import { BUCKET, createAccess, opensAll, uploadsQueueUrl } from './native/access.ts';
import { firehoseService, STREAM } from './native/firehose.ts';
import { Guard } from './native/guard.ts';
import { answersSql } from './native/postgres.ts';
import { answers } from './native/process.ts';
import { pings } from './native/redis.ts';
import { REGISTRY_PATH } from './native/registry.ts';
import {
  type Addresses,
  type AwsAddress,
  COMPONENTS,
  type Component,
  type ComponentHealth,
  type ComponentName,
  type KafkaLogin,
  type SecureKafka,
  type Stack,
  type StackOptions,
} from './types.ts';

/** What a named folder remembers, so that addresses and keys last as long as the data. */
interface Memory {
  ports: Partial<Record<ComponentName, readonly number[]>>;
  access?: Omit<AwsAddress, 'endpoint'>;
}

/** A part that runs, or ran, on these ports of the loopback interface. */
export interface Part extends Component {
  /** Fixed by the first successful start. */
  readonly ports: readonly number[];
}

/** Where a part is made. */
export interface Place {
  /** Of the part alone, for its data and its log. */
  readonly folder: string;
  /** Ports of an earlier run on the same folder, taken again if they are all free. */
  readonly preferredPorts: readonly number[] | undefined;
}

/** How a provider makes the parts; none is started by that. */
export interface Parts {
  /** The secure listener has the last of its ports. */
  kafka(place: Place): Promise<{ service: Part; login?: KafkaLogin }>;
  registry(place: Place): Promise<Part>;
  aws(place: Place): Promise<Part>;
  redis(place: Place): Promise<{ service: Part; password: string }>;
  postgres(place: Place): Promise<{ service: Part; url: (port: number | undefined) => string }>;
}

export interface Site {
  /** Ends what the parts are, also when this process ends in any other way. */
  readonly guard: Guard;
  readonly folder: string;
  /** Whether data outlasts the stack: the folder is a named one. */
  readonly keepsData: boolean;
  /** Whether the broker has a secure listener too. */
  readonly secure: boolean;
  readonly progress: (line: string) => void;
}

/** Starts a stack of the parts that `prepare` makes. */
export async function startLocalStack(
  options: StackOptions,
  prepare: (site: Site) => Promise<Parts>,
): Promise<Stack> {
  const named = options.folder === undefined ? undefined : resolve(options.folder);
  const folder = named ?? (await mkdtemp(join(tmpdir(), 'darkroom-stack-')));
  await mkdir(folder, { recursive: true });
  const guard = new Guard(named ? undefined : folder);
  try {
    const { secure = false, progress } = options;
    const site = { guard, folder, keepsData: named !== undefined, secure, progress };
    const stack = new LocalStack(site, await prepare(site), options.components ?? COMPONENTS);
    await stack.start();
    return stack;
  } catch (error) {
    await guard.end();
    if (!named) await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

class LocalStack implements Stack {
  readonly folder: string;
  readonly #site: Site;
  readonly #parts: Parts;
  readonly #names: readonly ComponentName[];
  readonly #services = new Map<ComponentName, Part>();
  #access: AwsAddress | undefined;
  #kafkaLogin: KafkaLogin | undefined;
  #redisPassword = '';
  #warehouseUrl: ((port: number | undefined) => string) | undefined;

  constructor(site: Site, parts: Parts, names: readonly ComponentName[]) {
    this.folder = site.folder;
    this.#site = site;
    this.#parts = parts;
    this.#names = names;
  }

  async start(): Promise<void> {
    const memory = await this.#recall();
    const starting = new Map<ComponentName, Promise<void>>();
    for (const name of COMPONENTS.filter((known) => this.#names.includes(known))) {
      const before = STANDS_ON[name] ?? [];
      const ready = Promise.all(before.map((needed) => starting.get(needed)));
      starting.set(
        name,
        ready.then(() => this.#startOne(name, memory)),
      );
    }
    const results = await Promise.allSettled(starting.values());
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    if (failures.length > 0) throw new StackError([...new Set(failures.map(messageOf))].join('\n'));
    await this.#remember();
  }

  get addresses(): Addresses {
    const port = (name: ComponentName, index = 0) => this.#service(name).ports[index];
    const aws = () => {
      if (!this.#access) throw notStarted('aws');
      return this.#access;
    };
    const redis = () => `redis://:${this.#redisPassword}@127.0.0.1:${port('redis')}`;
    const warehouse = () => {
      if (!this.#warehouseUrl) throw notStarted('postgres');
      return this.#warehouseUrl(port('postgres'));
    };
    return {
      get kafka() {
        return `127.0.0.1:${port('kafka')}`;
      },
      get registry() {
        return `http://127.0.0.1:${port('registry')}${REGISTRY_PATH}`;
      },
      get s3() {
        return { ...aws(), bucket: BUCKET };
      },
      get sqs() {
        return { ...aws(), uploadsQueueUrl: uploadsQueueUrl(aws().endpoint) };
      },
      get redis() {
        return redis();
      },
      get warehouse() {
        return warehouse();
      },
      get firehose() {
        return { endpoint: `http://127.0.0.1:${port('firehose')}`, stream: STREAM };
      },
    };
  }

  get secureKafka(): SecureKafka | undefined {
    const port = this.#service('kafka').ports.at(-1);
    return this.#kafkaLogin && { ...this.#kafkaLogin, brokers: `127.0.0.1:${port}` };
  }

  environment(): Record<string, string> {
    const { addresses } = this;
    const has = (name: ComponentName) => this.#names.includes(name);
    return {
      ...(has('kafka') && { KAFKA_BROKERS: addresses.kafka }),
      ...(has('registry') && { SCHEMA_REGISTRY_URL: addresses.registry }),
      ...(has('aws') && {
        S3_ENDPOINT: addresses.s3.endpoint,
        S3_BUCKET: addresses.s3.bucket,
        AWS_REGION: addresses.s3.region,
        AWS_ACCESS_KEY_ID: addresses.s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: addresses.s3.secretAccessKey,
        SQS_ENDPOINT: addresses.sqs.endpoint,
        UPLOADS_QUEUE_URL: addresses.sqs.uploadsQueueUrl,
      }),
      ...(has('redis') && { REDIS_URL: addresses.redis }),
      ...(has('postgres') && { WAREHOUSE_URL: addresses.warehouse }),
      ...(has('firehose') && {
        FIREHOSE_ENDPOINT: addresses.firehose.endpoint,
        FIREHOSE_STREAM: addresses.firehose.stream,
      }),
    };
  }

  component(name: ComponentName): Component {
    return this.#service(name);
  }

  async health(): Promise<ComponentHealth[]> {
    const checks = {
      kafka: async () => ({ address: this.addresses.kafka, ...(await accepts(this.addresses.kafka)) }),
      registry: async () => ({
        address: this.addresses.registry,
        ...(await answers(`${this.addresses.registry}/subjects`)),
      }),
      aws: async () => ({
        address: this.addresses.s3.endpoint,
        ...(await answers(`${this.addresses.s3.endpoint}/_ministack/health`)),
      }),
      redis: async () => {
        const [port = 0] = this.#service('redis').ports;
        return { address: `127.0.0.1:${port}`, ...(await pings(port, this.#redisPassword)) };
      },
      postgres: async () => {
        const [port = 0] = this.#service('postgres').ports;
        return { address: `127.0.0.1:${port}`, ...(await answersSql(this.addresses.warehouse)) };
      },
      firehose: async () => {
        const { endpoint } = this.addresses.firehose;
        return { address: endpoint, ...(await accepts(new URL(endpoint).host)) };
      },
    };
    return Promise.all(this.#names.map(async (name) => ({ name, ...(await checks[name]()) })));
  }

  async down(): Promise<void> {
    await this.#site.guard.end();
  }

  async #startOne(name: ComponentName, memory: Memory): Promise<void> {
    const startedAt = Date.now();
    const folder = join(this.folder, name);
    await mkdir(folder, { recursive: true });
    const place = { folder, preferredPorts: memory.ports[name] };
    const makers = {
      kafka: async () => {
        const { service, login } = await this.#parts.kafka(place);
        this.#kafkaLogin = login;
        return service;
      },
      registry: () => this.#parts.registry(place),
      aws: () => this.#parts.aws(place),
      redis: async () => {
        const { service, password } = await this.#parts.redis(place);
        this.#redisPassword = password;
        return service;
      },
      postgres: async () => {
        const { service, url } = await this.#parts.postgres(place);
        this.#warehouseUrl = url;
        return service;
      },
      // ours: a process whoever makes the others
      firehose: () => {
        const { s3 } = this.addresses;
        const warehouseUrl = this.#names.includes('postgres') ? this.addresses.warehouse : undefined;
        return firehoseService(this.#site.guard, folder, place.preferredPorts, s3, warehouseUrl);
      },
    };
    const service = await makers[name]();
    this.#services.set(name, service);
    await service.start();
    if (name === 'aws') await this.#grantAccess(service, memory);
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    this.#site.progress(`${TITLES[name]} is up on 127.0.0.1:${service.ports[0]} (${seconds} s)`);
  }

  async #grantAccess(service: Part, memory: Memory): Promise<void> {
    const endpoint = `http://127.0.0.1:${service.ports[0]}`;
    const remembered = memory.access && { ...memory.access, endpoint };
    if (remembered && (await opensAll(remembered))) {
      this.#access = remembered;
      return;
    }
    this.#access = await createAccess(endpoint);
    // users, keys and bucket settings are written only on an orderly stop: after this one they outlast a kill too
    await service.stop();
    await service.start();
  }

  #service(name: ComponentName): Part {
    const service = this.#services.get(name);
    if (!service) throw notStarted(name);
    return service;
  }

  get #memoryFile(): string {
    return join(this.folder, 'memory.json');
  }

  async #recall(): Promise<Memory> {
    if (!existsSync(this.#memoryFile)) return { ports: {} };
    return JSON.parse(await readFile(this.#memoryFile, 'utf8'));
  }

  async #remember(): Promise<void> {
    if (!this.#site.keepsData) return;
    const ports = Object.fromEntries([...this.#services].map(([name, service]) => [name, service.ports]));
    const { endpoint: _, ...access } = this.#access ?? { endpoint: undefined };
    await writeFile(this.#memoryFile, JSON.stringify({ ports, access }), { mode: 0o600 });
    await chmod(this.#memoryFile, 0o600);
  }
}

/** Whose addresses a part must know, where they are there. */
const STANDS_ON: Partial<Record<ComponentName, readonly ComponentName[]>> = { firehose: ['aws', 'postgres'] };

const TITLES = {
  kafka: 'Kafka',
  registry: 'The schema registry',
  aws: 'S3 and SQS',
  redis: 'Redis',
  postgres: 'PostgreSQL',
  firehose: 'The Firehose stand-in',
} satisfies Record<ComponentName, string>;

const notStarted = (name: ComponentName) =>
  new StackError(`This stack was started without ${name}: add it to its components.`);

/** Whether something listens at `host:port`. */
function accepts(address: string): Promise<{ healthy: boolean; cause?: string }> {
  const [host, port] = address.split(':');
  return new Promise((settle) => {
    const socket = connect({ host, port: Number(port), timeout: 2000 }, () => {
      socket.destroy();
      settle({ healthy: true });
    });
    socket.on('timeout', () => socket.destroy(new Error('no answer within 2 s')));
    socket.on('error', (error) => settle({ healthy: false, cause: error.message }));
  });
}
