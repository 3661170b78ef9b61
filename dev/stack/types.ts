// What a stack is, whoever provides it.
/**
 * The parts a stack can have; `aws` is S3 with SQS (one process), `postgres` stands in for Redshift, and `firehose` for
 * Firehose: it needs `aws`, and copies into `postgres` where that is there.
 */
export const COMPONENTS = ['kafka', 'registry', 'aws', 'redis', 'postgres', 'firehose'] as const;
export type ComponentName = (typeof COMPONENTS)[number];

/** Who provides a stack: processes of this machine, or a Docker engine. */
export type ProviderName = 'native' | 'containers';

export interface AwsAddress {
  /** Base URL, without a slash at its end. */
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Where each part listens. Reading the address of a part that was not asked for throws a `StackError`. */
export interface Addresses {
  /** `host:port`. */
  readonly kafka: string;
  /** Base URL with path, without a slash at its end. */
  readonly registry: string;
  readonly s3: AwsAddress & { bucket: string };
  /** With the queue that S3 notifies of objects below `incoming/`. */
  readonly sqs: AwsAddress & { uploadsQueueUrl: string };
  /** `redis://…` with its password. */
  readonly redis: string;
  /** `postgres://…` with user, password and database. */
  readonly warehouse: string;
  readonly firehose: { endpoint: string; stream: string };
}

/** One running part. It keeps its address and its data over `stop`, `kill` and `start`. */
export interface Component {
  /** The process; undefined while it is not running. */
  readonly pid: number | undefined;
  /** Ends it in order (SIGTERM, after 10 s SIGKILL); resolves when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** It stands still until `thaw`, with its connections open. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Starts it again; resolves when it answers. */
  start(): Promise<void>;
}

export interface ComponentHealth {
  name: ComponentName;
  address: string;
  healthy: boolean;
  /** Why it is not healthy. */
  cause?: string;
}

/**
 * A second listener of the broker, for whoever is to be checked: SASL_SSL with SCRAM-SHA-512 or OAUTHBEARER
 * (unsigned tokens), and no right that nobody has granted.
 */
export interface SecureKafka {
  /** `host:port` */
  readonly brokers: string;
  /** PEM file of the authority that has signed the broker's certificate. */
  readonly caFile: string;
  readonly username: string;
  readonly password: string;
}

/** Who the user of that listener is. */
export type KafkaLogin = Omit<SecureKafka, 'brokers'>;

export interface Stack {
  /** Data and logs. */
  readonly folder: string;
  readonly addresses: Addresses;
  /** Of a stack that was started as a secure one. */
  readonly secureKafka?: SecureKafka | undefined;
  /** The variables `darkroom start` reads, for the parts that were asked for. */
  environment(): Record<string, string>;
  component(name: ComponentName): Component;
  health(): Promise<ComponentHealth[]>;
  /** Ends every part in order and removes the folder, unless it was a named one. */
  down(): Promise<void>;
}

export interface StackOptions {
  /** Kept when the stack ends, with its data and, where they are still free, its ports. Without it: a temporary one. */
  folder?: string;
  /** All by default. */
  components?: readonly ComponentName[];
  /** With `secureKafka`; the address of every other stack stays, and may do everything: it is the stack's own. Native alone. */
  secure?: boolean;
  progress: (line: string) => void;
}
