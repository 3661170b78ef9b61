import { awsKey } from './aws-key.ts';
import { availableCores } from './cores.ts';
import { type Env, Environment } from './environment.ts';
import type { ConfigFile } from './file/read-config.ts';
import { kafka } from './kafka.ts';
import { redis, registry, warehousePlace } from './secured.ts';

export type { Env } from './environment.ts';

import { ROLES, type RoleName } from './roles.ts';
import type { Variable } from './variable.ts';
import { VARIABLES as V } from './variables.ts';

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** Freezes a value and everything in it. */
function freeze<T extends object>(value: T): DeepReadonly<T>;
function freeze(value: object): object {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freeze(inner);
  return Object.freeze(value);
}

function s3(env: Environment) {
  const bucket = env.get(V.bucket);
  const credentials = awsKey(env);
  env.rule(
    [V.accessKeyId, V.secretAccessKey],
    () => env.isSet(V.accessKeyId) !== env.isSet(V.secretAccessKey),
    'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must both be set, or neither',
  );
  return {
    bucket,
    region: env.get(V.region),
    endpoint: env.get(V.s3Endpoint),
    credentials,
    referenceBuckets: env.get(V.referenceBuckets) ?? [bucket],
  };
}

/** Of a worker's memory; the rest is Node's and the renditions'. */
const DECODER_SHARE = 0.75;

function processing(env: Environment, file: ConfigFile | undefined) {
  const maxBytes = env.get(V.maxImageBytes);
  const memoryBudgetBytes = env.get(V.memoryBudgetBytes);
  env.rule(
    [V.maxImageBytes, V.memoryBudgetBytes],
    () => maxBytes > memoryBudgetBytes,
    'MAX_IMAGE_BYTES must be at most MEMORY_BUDGET: the largest image must fit into it',
  );
  const workerMemoryBytes = env.get(V.workerMemoryBytes);
  return {
    workers: env.get(V.workers) ?? availableCores(),
    workerMemoryBytes,
    workerImages: env.get(V.workerImages),
    deadlineMs: env.get(V.imageDeadlineMs),
    plugin: env.get(V.plugin),
    /** The default one first; undefined: no file names any. */
    pipelines: env.get(V.configFile) === undefined ? undefined : file?.pipelines,
    limits: {
      maxBytes,
      maxPixels: env.get(V.maxImagePixels),
      maxFrames: env.get(V.maxImageFrames),
      maxSidePx: env.get(V.maxImageSidePx),
      maxRatio: env.get(V.maxDecodedRatio),
      maxDecoderBytes: env.get(V.maxDecoderBytes) ?? workerMemoryBytes * DECODER_SHARE,
      formats: env.get(V.allowedFormats),
    },
    memoryBudgetBytes,
  };
}

/** Where images may lie on the web; undefined: nowhere. */
function webReferences(env: Environment) {
  const hosts = env.get(V.referenceHosts);
  const ca = env.get(V.referenceCa);
  const schemes = env.get(V.referenceSchemes);
  const allowPrivate = env.get(V.referencePrivate) ?? [];
  const timeoutMs = env.get(V.referenceTimeoutMs);
  return hosts && { hosts, schemes, allowPrivate, timeoutMs, ...(ca !== undefined && { ca }) };
}

function engine(env: Environment) {
  const commitIntervalMs = env.get(V.commitIntervalMs);
  const busyCommitIntervalMs = env.get(V.busyCommitIntervalMs);
  const transactionTimeoutMs = env.get(V.transactionTimeoutMs);
  env.rule(
    [V.commitIntervalMs, V.transactionTimeoutMs],
    () => commitIntervalMs >= transactionTimeoutMs,
    'COMMIT_INTERVAL must be shorter than TRANSACTION_TIMEOUT, or the broker aborts every transaction',
  );
  return {
    applicationId: env.get(V.applicationId),
    guarantee: env.get(V.guarantee),
    commitIntervalMs,
    busyCommitIntervalMs,
    sessionTimeoutMs: env.get(V.sessionTimeoutMs),
    transactionTimeoutMs,
    /** -1: the broker's default. */
    replicationFactor: env.get(V.replicationFactor) ?? -1,
    maxTaskIdleMs: env.get(V.maxTaskIdleMs),
    stateDir: env.get(V.stateDir),
  };
}

function topics(env: Environment) {
  const all = [
    ...[V.uploadsTopic, V.streamTopic, V.statsTopic, V.deadLetterTopic],
    ...[V.policiesTopic, V.countsTopic],
  ];
  const names = all.map((variable) => env.get(variable));
  env.rule(
    all,
    () => new Set(names).size < names.length,
    `${all.map(({ name }) => name).join(', ')} must be different topics, got ${names.join(', ')}`,
  );
  return {
    uploads: env.get(V.uploadsTopic),
    stream: env.get(V.streamTopic),
    stats: env.get(V.statsTopic),
    deadLetters: env.get(V.deadLetterTopic),
    policies: env.get(V.policiesTopic),
    counts: env.get(V.countsTopic),
  };
}

function counts(env: Environment) {
  return {
    windowMs: env.get(V.countsWindowMs),
    graceMs: env.get(V.countsGraceMs),
    idleTimeoutMs: env.get(V.countsIdleTimeoutMs),
  };
}

/** The roles that are asked for, or those that have their settings. */
function roles(env: Environment): readonly RoleName[] {
  const needs = {
    intake: [V.uploadsQueueUrl],
    develop: [],
    warehouse: [V.firehoseStream],
    counters: [V.redisUrl],
    counts: [],
    load: [V.warehouseUrl],
  } satisfies Record<RoleName, Variable<unknown>[]>;
  const asked = env.get(V.roles);
  for (const role of asked ?? []) {
    const missing = needs[role].filter((variable) => !env.isSet(variable));
    env.rule(
      [V.roles, ...needs[role]],
      () => missing.length > 0,
      `ROLES names ${role}, which needs ${missing.map(({ name, example }) => `${name}, e.g. ${example}`).join(' and ')}`,
    );
  }
  return asked ?? ROLES.filter((role) => needs[role].every((variable) => env.isSet(variable)));
}

function intake(env: Environment) {
  const queueUrl = env.get(V.uploadsQueueUrl);
  const endpoint = env.get(V.sqsEndpoint);
  const pollers = env.get(V.intakePollers);
  return queueUrl === undefined ? undefined : { queueUrl, endpoint, pollers };
}

function firehose(env: Environment) {
  const stream = env.get(V.firehoseStream);
  const endpoint = env.get(V.firehoseEndpoint);
  const lingerMs = env.get(V.firehoseLingerMs);
  return stream === undefined ? undefined : { stream, endpoint, lingerMs };
}

function load(env: Environment) {
  const warehouse = warehousePlace(env);
  const intervalMs = env.get(V.loadIntervalMs);
  return warehouse === undefined ? undefined : { warehouse, intervalMs };
}

/** All that `build` reads, frozen; throws one ConfigError with every problem. */
function compile<T extends object>(
  env: Env,
  build: (environment: Environment) => T,
  file?: ConfigFile,
): DeepReadonly<T> {
  const environment = new Environment(env);
  const config = build(environment);
  environment.finish(file);
  return freeze(config);
}

/** What `darkroom start` needs; `file` is what DARKROOM_CONFIG names. Throws ConfigError. */
export const startConfig = (env: Env, file?: ConfigFile) =>
  compile(
    env,
    (e) => ({
      roles: roles(e),
      kafka: kafka(e),
      registry: registry(e),
      s3: s3(e),
      topics: topics(e),
      engine: engine(e),
      processing: processing(e, file),
      streamForm: e.get(V.streamForm),
      webReferences: webReferences(e),
      intake: intake(e),
      firehose: firehose(e),
      redis: redis(e),
      load: load(e),
      counts: counts(e),
      http: { host: e.get(V.httpHost), port: e.get(V.httpPort) },
      logLevel: e.get(V.logLevel),
      shutdownGraceMs: e.get(V.shutdownGraceMs),
    }),
    file,
  );
export type StartConfig = ReturnType<typeof startConfig>;

/** Where the warehouse is, for commands that cannot do without; undefined only until `compile` throws. */
function warehouse(env: Environment) {
  const place = warehousePlace(env);
  const { name, example } = V.warehouseUrl;
  env.rule(
    [V.warehouseUrl],
    () => place === undefined,
    `${name} is not set; it must be ${V.warehouseUrl.allowed}, e.g. ${example}`,
  );
  return place ?? { url: '' };
}

/** What `darkroom warehouse migrate` and `load` need. Throws ConfigError. */
export const warehouseConfig = (env: Env) =>
  compile(env, (e) => ({ warehouse: warehouse(e), logLevel: e.get(V.logLevel) }));

/** What `darkroom warehouse check` needs. Throws ConfigError. */
export const checkConfig = (env: Env) =>
  compile(env, (e) => ({
    warehouse: warehouse(e),
    kafka: kafka(e),
    registry: registry(e),
    topics: topics(e),
  }));

/** What `darkroom policies` needs. Throws ConfigError. */
export const policiesConfig = (env: Env) =>
  compile(env, (e) => ({ kafka: kafka(e), registry: registry(e), topics: topics(e) }));

/** What `darkroom try` needs: no service at all. Throws ConfigError. */
export const tryConfig = (env: Env, file?: ConfigFile) =>
  compile(env, (e) => ({ topics: topics(e), processing: processing(e, file) }), file);

/** What `darkroom pipelines` needs. Throws ConfigError. */
export const pipelinesConfig = (env: Env, file?: ConfigFile) =>
  compile(
    env,
    (e) => ({ plugin: e.get(V.plugin), file: e.get(V.configFile), pipelines: file?.pipelines }),
    file,
  );

/** What `darkroom topology` needs. Throws ConfigError. */
export const topologyConfig = (env: Env) =>
  compile(env, (e) => ({ topics: topics(e), workers: e.get(V.workers) ?? availableCores() }));

/** What `darkroom acls` needs: names, and who we are. Throws ConfigError. */
export const aclsConfig = (env: Env) =>
  compile(env, (e) => ({
    roles: e.get(V.roles) ?? ROLES,
    applicationId: e.get(V.applicationId),
    guarantee: e.get(V.guarantee),
    topics: topics(e),
    username: e.get(V.saslUsername),
    brokers: e.isSet(V.brokers) ? e.get(V.brokers) : undefined,
  }));
export type AclsConfig = ReturnType<typeof aclsConfig>;

/** What `darkroom reset` needs. Throws ConfigError. */
export const resetConfig = (env: Env) =>
  compile(env, (e) => {
    const asked = e.get(V.roles);
    const { name, example } = V.redisUrl;
    e.rule(
      [V.roles, V.redisUrl],
      () => asked?.includes('counters') === true && !e.isSet(V.redisUrl),
      `ROLES names counters, whose counts are in Redis: it needs ${name}, e.g. ${example}`,
    );
    return {
      roles: asked ?? ROLES,
      kafka: kafka(e),
      topics: topics(e),
      applicationId: e.get(V.applicationId),
      stateDir: e.get(V.stateDir),
      redis: redis(e),
    };
  });

/** What `darkroom produce` needs; S3 only for references, the registry for Avro. Throws ConfigError. */
export const produceConfig = (env: Env, options: { readonly form: string }) =>
  compile(env, (e) => ({
    kafka: kafka(e),
    topic: e.get(V.streamTopic),
    s3: options.form === 'reference' ? s3(e) : undefined,
    registry: options.form === 'avro' ? registry(e) : undefined,
  }));
