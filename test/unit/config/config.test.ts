import { describe, expect, it } from 'vitest';
import { produceConfig, startConfig, tryConfig } from '../../../src/config/compile.ts';
import { availableCores } from '../../../src/config/cores.ts';
import { variablesForHelp } from '../../../src/config/describe.ts';
import { ConfigError } from '../../../src/config/environment.ts';

const REQUIRED = {
  KAFKA_BROKERS: 'localhost:9092',
  SCHEMA_REGISTRY_URL: 'http://localhost:8081/apis/ccompat/v7/',
  S3_BUCKET: 'my-images',
};

/** The problems that a call reports. */
function problemsOf(call: () => unknown): readonly string[] {
  try {
    call();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
const problems = (env: Record<string, string>) => problemsOf(() => startConfig({ ...REQUIRED, ...env }));

describe('configuration', () => {
  it('leaves a decoder three quarters of a worker unless it is told another memory', () => {
    const decoder = (env: Record<string, string>) =>
      startConfig({ ...REQUIRED, ...env }).processing.limits.maxDecoderBytes;
    expect(decoder({})).toBe(768 * 1024 ** 2);
    expect(decoder({ WORKER_MEMORY: '2GiB' })).toBe(1536 * 1024 ** 2);
    expect(decoder({ MAX_DECODER_MEMORY: '100MiB' })).toBe(100 * 1024 ** 2);
  });

  it('takes the limits of the guard as they are set, and svg by name alone', () => {
    const limits = (env: Record<string, string>) => startConfig({ ...REQUIRED, ...env }).processing.limits;
    expect(limits({}).formats).not.toContain('svg');
    expect(
      limits({ MAX_IMAGE_SIDE: '900', MAX_DECODED_RATIO: '80', ALLOWED_FORMATS: 'png,svg' }),
    ).toMatchObject({
      maxSidePx: 900,
      maxRatio: 80,
      formats: ['png', 'svg'],
    });
  });

  it('has a default for everything but brokers, registry and bucket', () => {
    const config = startConfig(REQUIRED);
    expect(config.kafka).toEqual({ brokers: ['localhost:9092'], clientId: 'darkroom' });
    expect(config.roles).toEqual(['develop', 'counts']);
    expect(config.registry.url).toBe('http://localhost:8081/apis/ccompat/v7');
    expect(config.s3).toMatchObject({
      bucket: 'my-images',
      referenceBuckets: ['my-images'],
      credentials: undefined,
    });
    expect(config.engine).toMatchObject({
      guarantee: 'exactly_once',
      commitIntervalMs: 100,
      replicationFactor: -1,
    });
    expect(config.processing.workers).toBe(availableCores());
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8080 });
  });

  it('runs the roles that have their settings, or those that are asked for', () => {
    const queue = { UPLOADS_QUEUE_URL: 'http://localhost:4566/000000000000/uploads' };
    expect(startConfig({ ...REQUIRED, ...queue }).roles).toEqual(['intake', 'develop', 'counts']);
    expect(startConfig({ ...REQUIRED, ...queue, ROLES: 'develop' }).roles).toEqual(['develop']);
    expect(startConfig({ ...REQUIRED, ...queue, ROLES: 'intake' })).toMatchObject({
      roles: ['intake'],
      intake: { queueUrl: queue.UPLOADS_QUEUE_URL, pollers: 4 },
    });
  });

  it('refuses a role whose settings are missing, and names them', () => {
    expect(problems({ ROLES: 'develop,intake' })).toEqual([
      'ROLES names intake, which needs UPLOADS_QUEUE_URL, e.g. ' +
        'https://sqs.eu-central-1.amazonaws.com/123456789012/darkroom-uploads',
    ]);
    expect(problems({ ROLES: 'develope' })[0]).toContain(
      'ROLES must be a list with commas, each one of intake',
    );
  });

  it('takes durations, sizes and pixels as people write them', () => {
    const config = startConfig({
      ...REQUIRED,
      COMMIT_INTERVAL: '0.5s',
      SHUTDOWN_GRACE: '2m',
      MEMORY_BUDGET: '1.5GiB',
      MAX_IMAGE_PIXELS: '24MP',
    });
    expect(config.engine.commitIntervalMs).toBe(500);
    expect(config.shutdownGraceMs).toBe(120_000);
    expect(config.processing.memoryBudgetBytes).toBe(1.5 * 1024 ** 3);
    expect(config.processing.limits.maxPixels).toBe(24_000_000);
  });

  it('reports every problem at once, each with its name, the bound and what was given', () => {
    const found = problemsOf(() =>
      startConfig({
        KAFKA_BROKERS: 'localhost',
        S3_BUCKET: 'Not_A_Bucket',
        WORKERS: '0',
        COMMIT_INTERVAL: 'soon',
        GUARANTEE: 'exactly-once',
        HTTP_PORT: '70000',
      }),
    );
    expect(found).toHaveLength(7);
    const text = found.join('\n');
    expect(text).toContain('KAFKA_BROKERS must be a list with commas, each host:port');
    expect(text).toContain('got "localhost"');
    expect(text).toContain('SCHEMA_REGISTRY_URL is not set');
    expect(text).toContain('S3_BUCKET must be a bucket name');
    expect(text).toContain('WORKERS must be an integer in [1, 256], got "0"');
    expect(text).toContain('COMMIT_INTERVAL must be a duration in [10ms, 1m]');
    expect(text).toContain('GUARANTEE must be one of exactly_once, at_least_once, got "exactly-once"');
    expect(text).toContain('HTTP_PORT must be an integer in [0, 65535], got "70000"');
  });

  it('says why a bound is where it is', () => {
    expect(problems({ TRANSACTION_TIMEOUT: '1h' })[0]).toContain(
      "the broker's transaction.max.timeout.ms is 15 minutes",
    );
  });

  it('minds no variable of the local stack or the compose file', () => {
    expect(problems({ DARKROOM_STACK: 'containers', DARKROOM_IMAGE: 'darkroom' })).toEqual([]);
  });

  it.each([
    ['KAFKA_BROKER', 'KAFKA_BROKERS'],
    ['S3_BUKCET', 'S3_BUCKET'],
    ['DARKROOM_WORKERS', 'WORKERS'],
    ['MAX_IMAGE_PIXLES', 'MAX_IMAGE_PIXELS'],
  ])('asks whether %s was meant to be %s', (given, meant) => {
    expect(problems({ [given]: '1' })).toEqual([
      `${given} is not a variable of Darkroom; did you mean ${meant}?`,
    ]);
  });

  it('leaves the variables of others alone', () => {
    expect(problems({ HTTP_PROXY: 'x', KAFKA_OPTS: 'x', AWS_PROFILE: 'x', PATH: 'x' })).toEqual([]);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(startConfig({ ...REQUIRED, LOG_LEVEL: '', KAFKA_SASL_PASSWORD: '' }).logLevel).toBe('info');
  });

  it('never shows a secret', () => {
    const found = problems({
      KAFKA_SASL_PASSWORD: 'hunter2',
      AWS_SECRET_ACCESS_KEY: ' ',
      SCHEMA_REGISTRY_URL: 'ftp://user:hunter2@registry',
    }).join('\n');
    expect(found).toContain('AWS_SECRET_ACCESS_KEY');
    expect(found).toContain('SCHEMA_REGISTRY_URL');
    expect(found).not.toContain('hunter2');
  });

  it('wants what belongs together to be set together', () => {
    expect(problems({ AWS_ACCESS_KEY_ID: 'AKIA' })).toEqual([
      'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must both be set, or neither',
    ]);
    expect(problems({ TOPIC_STATS: 'image-stream' })[0]).toContain('must be different topics');
    expect(problems({ COMMIT_INTERVAL: '30s', TRANSACTION_TIMEOUT: '20s' })[0]).toContain(
      'must be shorter than',
    );
  });

  it('cannot be changed after it was read', () => {
    const config = startConfig(REQUIRED);
    expect(Object.isFrozen(config) && Object.isFrozen(config.processing.limits)).toBe(true);
    expect(Object.isFrozen(config.kafka.brokers)).toBe(true);
  });

  it('asks a command only for what it needs', () => {
    expect(problemsOf(() => tryConfig({}))).toEqual([]);
    expect(problemsOf(() => produceConfig({ KAFKA_BROKERS: 'b:1' }, { form: 'bytes' }))).toEqual([]);
    expect(problemsOf(() => produceConfig({ KAFKA_BROKERS: 'b:1' }, { form: 'reference' }))[0]).toContain(
      'S3_BUCKET',
    );
  });

  it('lists every variable in the help', () => {
    expect(variablesForHelp()).toContain('KAFKA_BROKERS  (required)');
    expect(variablesForHelp()).toContain('SHUTDOWN_GRACE  (25s)');
  });
});
