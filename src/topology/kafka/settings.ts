import type { ErrorHandlers } from '../task/error-handlers.ts';

/** How to reach the brokers. Secrets are used here alone: no message, log or metric repeats them. */
export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** TLS where it is given; certificates and the names in them are always checked. */
  readonly tls?: TlsSettings;
  readonly sasl?: SaslSettings;
}

/** All in PEM. */
export interface TlsSettings {
  /** Authorities that may sign the brokers' certificates; absent: those that Node knows. */
  readonly ca?: string;
  /** Our own certificate, with its chain. */
  readonly certificate?: string;
  readonly key?: string;
  readonly keyPassword?: string;
}

export type SaslSettings =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'oauthbearer';
      /** A token that is good now, asked for at every authentication; keeping it until it expires is its own affair. */
      readonly token: () => Promise<string>;
    };

/** A structured log; pino's fits. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What to do where the committed offset is not in the topic any more: stop and say so, or go on at its begin or end. */
export type OnOffsetsExpired = 'fail' | 'earliest' | 'latest';

export type UncaughtAnswer = 'replace-task' | 'shutdown';

export type Guarantee = 'exactly_once' | 'at_least_once';

export interface StreamsOptions {
  /** The consumer group; prefix of internal topics and transactional ids. */
  readonly applicationId: string;
  readonly kafka: KafkaSettings;
  readonly guarantee: Guarantee;
  /** How long effects wait for others to be committed with them, ms. */
  readonly commitIntervalMs: number;
  /** The same while calls of a `mapAsync` wait for others to end, if that is longer. Default: as `commitIntervalMs`. */
  readonly busyCommitIntervalMs?: number;
  /** Bound of what records hold between intake and turn, bytes, for the whole process. */
  readonly memoryBudgetBytes: number;
  /** A member that is silent for so long has lost its tasks, ms. */
  readonly sessionTimeoutMs: number;
  /** The broker aborts a transaction that is open for longer, ms. */
  readonly transactionTimeoutMs: number;
  /** How long a task waits for the empty one of its partitions, ms; 0: not at all. */
  readonly maxTaskIdleMs: number;
  /** Of internal topics. */
  readonly replicationFactor: number;
  /**
   * Kafka's `max.partition.fetch.bytes`, default 512 KiB. A larger record comes all the same, but alone: raise it above the
   * usual size of large records, so that a fetch brings some of each partition.
   */
  readonly maxPartitionFetchBytes?: number;
  /**
   * Where persistent stores lie, `<stateDir>/<application id>/<task>`; without it they are in memory, and restored whole at
   * every takeover. Two processes may share it; it must not be on a network file system.
   */
  readonly stateDir?: string;
  /** What becomes of records that fail; what is absent answers `fail`. */
  readonly handlers?: ErrorHandlers;
  /** Where records go for which a handler answers `dead-letter`. */
  readonly deadLetterTopic?: string;
  /** How long one record, call or write may fail and be retried, ms. Default: no limit. */
  readonly taskTimeoutMs?: number;
  /** Records stamped more than this ahead of the wall clock are refused with TIMESTAMP_IN_FUTURE, ms. Default: none is. */
  readonly maxFutureMs?: number;
  /**
   * When a task's input has been idle for so long, ms, its stream time moves on with the wall clock, so that windows close. Must
   * be above the usual pauses of the input, and of how late it comes. Default: stream time moves with records alone.
   */
  readonly idleTimeoutMs?: number;
  /** How often committed records are removed from repartition topics, ms. Default 30 s. */
  readonly purgeIntervalMs?: number;
  /**
   * Whether `start` refuses stores and repartition topics with generated names (NAMES_GENERATED). Default: true where the
   * environment says NODE_ENV=production, else false.
   */
  readonly requireNames?: boolean;
  /** Where this instance's stores can be asked by others, `host:port`; told to the group. */
  readonly applicationServer?: string;
  /**
   * Asked about an error that would end the application: `replace-task` drops the task that has failed and takes it over anew,
   * from what is committed; `shutdown` stops in ERROR. Default: `shutdown`.
   */
  readonly onUncaughtError?: (error: Error) => UncaughtAnswer;
  /** Default `fail`. */
  readonly onOffsetsExpired?: OnOffsetsExpired;
  readonly logger: Logger;
}
