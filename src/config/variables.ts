import type { ImageFormat } from '../processors/types.ts';
import { KAFKA_VARIABLES } from './kafka-variables.ts';
import { ROLES } from './roles.ts';
import {
  certificateFile,
  duration,
  httpUrl,
  integer,
  list,
  NOT_EMPTY,
  networks,
  oneOf,
  pixels,
  size,
  someOf,
  text,
  url,
  type Variable,
} from './variable.ts';

/** Those that the decoder on board can read; src/processors/guard/decodable.ts says the same, held together by the compiler. */
const FORMATS = [
  'jpeg',
  'png',
  'webp',
  'gif',
  'avif',
  'tiff',
  'svg',
] as const satisfies readonly ImageFormat[];

const topic = (name: string) =>
  text(
    name,
    /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
    'a topic name: 1 to 249 of letters, digits, ".", "_" and "-"',
  );
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const BUCKET_ALLOWED = 'a bucket name: 3 to 63 of lower-case letters, digits, "." and "-"';
const HOST = /^(\*?\.)?(\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)(:[1-9]\d{0,4})?$/i;
const HOST_ALLOWED =
  'a host name, with "." or "*." before it for all below it, and ":port" where it is not 443 or 80';
/** src/sources/external-value.ts says the same, held together by the compiler. */
const STREAM_FORMS = ['bytes', 'avro', 'json', 'reference'] as const;
export const CONFIG_FILE = /\.(ya?ml|json|ts|mts|mjs|js)$/;

/**
 * Every variable that Darkroom reads, in the order of the help and of docs/configuration.md, which are made from this
 * table.
 */
export const VARIABLES = {
  roles: someOf('ROLES', ROLES).optional({
    summary: 'What this process does; not set: develop, and every other role whose settings are there',
    example: 'intake,develop',
  }),

  ...KAFKA_VARIABLES,

  bucket: text('S3_BUCKET', BUCKET, BUCKET_ALLOWED).required({
    summary: 'Bucket for renditions and large dead letters',
    example: 'my-images',
  }),
  referenceBuckets: list('REFERENCE_BUCKETS', BUCKET, BUCKET_ALLOWED).optional({
    summary: 'Buckets that records may refer to; not set: S3_BUCKET alone',
    example: 'my-images,partner-images',
  }),
  referenceHosts: list('REFERENCE_HOSTS', HOST, HOST_ALLOWED).optional({
    summary: 'Hosts that records may refer to by URL, .example.com for all below it; not set: none',
    example: 'images.partner.example,.cdn.example:8443',
  }),
  referenceSchemes: someOf('REFERENCE_SCHEMES', ['https', 'http']).default('https', {
    summary: 'Schemes of such URLs',
    example: 'https,http',
  }),
  referencePrivate: networks('REFERENCE_ALLOW_PRIVATE').optional({
    summary: 'Networks that such a host may have an address in though they are not public; not set: none',
    example: '10.20.0.0/16,fd12:3456::/32',
    reason: "a cloud's metadata addresses are refused all the same",
  }),
  referenceTimeoutMs: duration('REFERENCE_TIMEOUT', 100, 600_000).default('30s', {
    summary: 'One of 3 attempts to get such an image, redirects included',
  }),
  referenceCa: certificateFile('REFERENCE_CA_FILE').optional({
    summary: 'Authorities that may sign the certificates of such hosts; not set: those that Node knows',
    example: '/etc/darkroom/partners-ca.pem',
  }),
  streamForm: oneOf('STREAM_FORM', STREAM_FORMS).default('bytes', {
    summary: 'What a record of the external stream is whose content-type does not say it',
    example: 'avro',
  }),
  s3Endpoint: httpUrl('S3_ENDPOINT').optional({
    summary: 'Where S3 is, when it is not AWS',
    example: 'http://localhost:4566',
  }),
  region: text('AWS_REGION', /^[a-z0-9-]+$/, 'a region name').default('us-east-1', {
    summary: 'Region of the buckets',
  }),
  accessKeyId: text('AWS_ACCESS_KEY_ID', NOT_EMPTY, 'an access key id').optional({
    summary: "Key for S3; not set: AWS' own chain (instance role, profile, …)",
    example: 'AKIA…',
    secret: true,
  }),
  secretAccessKey: text('AWS_SECRET_ACCESS_KEY', NOT_EMPTY, 'a secret access key').optional({
    summary: 'Its secret',
    example: '…',
    secret: true,
  }),
  sessionToken: text('AWS_SESSION_TOKEN', NOT_EMPTY, 'a session token').optional({
    summary: 'Its token, when the key is a temporary one',
    example: '…',
    secret: true,
  }),

  uploadsQueueUrl: httpUrl('UPLOADS_QUEUE_URL').optional({
    summary: 'SQS queue that S3 notifies of uploads below incoming/; the role intake needs it',
    example: 'https://sqs.eu-central-1.amazonaws.com/123456789012/darkroom-uploads',
  }),
  sqsEndpoint: httpUrl('SQS_ENDPOINT').optional({
    summary: 'Where SQS is, when it is not AWS',
    example: 'http://localhost:4566',
  }),
  intakePollers: integer('INTAKE_POLLERS', 1, 64).default('4', {
    summary: 'Receives at once of the role intake; each holds 10 messages at most',
  }),

  firehoseStream: text(
    'FIREHOSE_STREAM',
    /^[A-Za-z0-9_.-]{1,64}$/,
    'a stream name: 1 to 64 of letters, digits, "_", "." and "-"',
  ).optional({
    summary: 'Firehose stream that takes statistics to the warehouse; the role warehouse needs it',
    example: 'darkroom-statistics',
  }),
  firehoseEndpoint: httpUrl('FIREHOSE_ENDPOINT').optional({
    summary: 'Where Firehose is, when it is not AWS',
    example: 'http://localhost:4573',
  }),
  firehoseLingerMs: duration('FIREHOSE_LINGER', 0, 60_000).default('5s', {
    summary:
      'How long statistics wait for others to be sent with them; each request is billed in steps of 5 KB',
  }),
  warehouseUrl: url('WAREHOUSE_URL', ['postgres', 'postgresql']).optional({
    summary: 'Redshift, or PostgreSQL, with user, password and database; the role load needs it',
    example: 'postgres://user:password@warehouse:5439/dev?sslmode=verify-full',
    secret: true,
  }),
  warehousePassword: text('WAREHOUSE_PASSWORD', NOT_EMPTY, 'a password').optional({
    summary: 'Password of its user, where WAREHOUSE_URL has none',
    example: '…',
    secret: true,
  }),
  warehouseCa: certificateFile('WAREHOUSE_CA_FILE').optional({
    summary:
      "Authorities that may sign the warehouse's certificate, which is checked then as with sslmode=verify-full",
    example: '/etc/darkroom/warehouse-ca.pem',
  }),
  loadIntervalMs: duration('LOAD_INTERVAL', 1_000, 3_600_000).default('1m', {
    summary: 'How often the stage is loaded into the tables of the warehouse',
  }),
  redisUrl: url('REDIS_URL', ['redis', 'rediss']).optional({
    summary: 'Redis for the counters, with user and password; the role counters needs it',
    example: 'rediss://user:password@redis:6379',
    secret: true,
  }),
  redisUsername: text('REDIS_USERNAME', NOT_EMPTY, 'a user name').optional({
    summary: 'User of Redis, where REDIS_URL has none',
    example: 'darkroom',
  }),
  redisPassword: text('REDIS_PASSWORD', NOT_EMPTY, 'a password').optional({
    summary: 'Its password, where REDIS_URL has none',
    example: '…',
    secret: true,
  }),
  redisCa: certificateFile('REDIS_CA_FILE').optional({
    summary:
      'Authorities that may sign the certificate of a rediss:// address; not set: those that Node knows',
    example: '/etc/darkroom/redis-ca.pem',
  }),
  redisPrefix: text(
    'REDIS_PREFIX',
    /^[A-Za-z0-9._-]{1,64}$/,
    '1 to 64 of letters, digits, ".", "_" and "-"',
  ).default('darkroom', { summary: 'What all keys in Redis begin with' }),
  redisLingerMs: duration('REDIS_LINGER', 0, 60_000).default('500ms', {
    summary: 'How long images wait for others to be counted with them',
  }),

  countsWindowMs: duration('COUNTS_WINDOW', 1_000, 86_400_000).default('1m', {
    summary: 'Length of the windows of image-counts',
  }),
  countsGraceMs: duration('COUNTS_GRACE', 0, 86_400_000).default('1m', {
    summary: 'How long a window of image-counts waits for what comes late',
  }),
  countsIdleTimeoutMs: duration('COUNTS_IDLE_TIMEOUT', 1_000, 86_400_000).default('30s', {
    summary: 'When nothing has come for so long, windows of image-counts close by the clock',
  }),

  applicationId: text(
    'APPLICATION_ID',
    /^[A-Za-z0-9._-]{1,200}$/,
    '1 to 200 of letters, digits, ".", "_" and "-"',
  ).default('darkroom', {
    summary: 'First part of consumer groups (darkroom-develop), transactional ids and internal topics',
    reason: 'internal topics begin with it, and a topic name has at most 249 characters',
  }),
  guarantee: oneOf('GUARANTEE', ['exactly_once', 'at_least_once']).default('exactly_once', {
    summary: 'What a crash may do: nothing, or repeat events',
  }),
  commitIntervalMs: duration('COMMIT_INTERVAL', 10, 60_000).default('100ms', {
    summary: 'How often finished work is committed; readers see events that late',
  }),
  busyCommitIntervalMs: duration('BUSY_COMMIT_INTERVAL', 10, 60_000).default('500ms', {
    summary: 'The same while images wait for a worker: fewer commits leave more to the workers',
  }),
  sessionTimeoutMs: duration('SESSION_TIMEOUT', 6_000, 1_800_000).default('10s', {
    summary: 'A member that is silent for so long is taken for dead',
    reason: "the broker's group.min.session.timeout.ms and group.max.session.timeout.ms",
  }),
  transactionTimeoutMs: duration('TRANSACTION_TIMEOUT', 1_000, 900_000).default('60s', {
    summary: 'The broker aborts a transaction that is open for so long',
    reason: "the broker's transaction.max.timeout.ms is 15 minutes",
  }),
  replicationFactor: integer('REPLICATION_FACTOR', 1, 32_767).optional({
    summary: "Copies of internal topics; not set: the broker's default.replication.factor",
    example: '3',
  }),
  maxTaskIdleMs: duration('MAX_TASK_IDLE', 0, 3_600_000).default('0', {
    summary: 'How long a task waits for its other topics, to take records in the order of their time',
    example: '500ms',
  }),
  stateDir: text('STATE_DIR', NOT_EMPTY, 'the path of a folder').optional({
    summary:
      'Folder for the state of tasks, kept over restarts; not set: in memory, restored from Kafka at every start',
    example: '/var/lib/darkroom',
  }),
  memoryBudgetBytes: size('MEMORY_BUDGET', 16 * 1024 ** 2, 64 * 1024 ** 3).default('256MiB', {
    summary: 'Bytes of records that may be held at once; more wait on the broker',
    reason: 'an image and its renditions must fit',
  }),

  workers: integer('WORKERS', 1, 256).optional({
    summary: 'Worker processes; not set: as many as there are cores, of the container where it has a limit',
    example: '4',
  }),
  workerMemoryBytes: size('WORKER_MEMORY', 128 * 1024 ** 2, 64 * 1024 ** 3).default('1GiB', {
    summary: 'A worker that holds more is killed, and the image with it',
    reason: 'Node and libvips alone take close to 100 MiB',
  }),
  workerImages: integer('WORKER_IMAGES', 1, 1_000_000).default('1000', {
    summary: 'A worker is ended after so many images, and what a plug-in has leaked with it',
  }),
  imageDeadlineMs: duration('IMAGE_DEADLINE', 100, 3_600_000).default('30s', {
    summary: 'An image that takes longer is given up, its worker killed',
  }),
  maxImageBytes: size('MAX_IMAGE_BYTES', 1024, 2 * 1024 ** 3).default('32MiB', {
    summary: 'Largest image file',
    reason: 'a Buffer of Node ends there',
  }),
  maxImagePixels: pixels('MAX_IMAGE_PIXELS', 1, 1_000_000_000).default('50MP', {
    summary: 'Largest picture, over all its frames',
  }),
  maxImageFrames: integer('MAX_IMAGE_FRAMES', 1, 10_000).default('100', { summary: 'Longest animation' }),
  maxImageSidePx: integer('MAX_IMAGE_SIDE', 1, 1_000_000_000).default('65535', {
    summary: 'Longest side of a frame, in pixels',
  }),
  maxDecodedRatio: integer('MAX_DECODED_RATIO', 1, 1_000_000_000).default('10000', {
    summary: 'Most decoded bytes for each byte of the file, which counts as 4 KiB at least',
  }),
  maxDecoderBytes: size('MAX_DECODER_MEMORY', 32 * 1024 ** 2, 64 * 1024 ** 3).optional({
    summary: 'Most memory that decoding may take, as the header tells; not set: 3/4 of WORKER_MEMORY',
    example: '768MiB',
    reason: 'the smallest picture takes 16 MiB',
  }),
  allowedFormats: someOf('ALLOWED_FORMATS', FORMATS).default('jpeg,png,webp,gif,avif,tiff', {
    summary:
      'Formats that are developed; their decoders alone are reachable; svg only where it is named here',
  }),
  configFile: text(
    'DARKROOM_CONFIG',
    CONFIG_FILE,
    'the path of a .yaml, .yml, .json, .ts, .mts, .mjs or .js file',
  ).optional({
    summary: 'Configuration file with pipelines of your own; not set: the pipeline standard alone',
    example: './darkroom.yaml',
  }),
  plugin: text('PLUGIN', NOT_EMPTY, 'the path of a module').optional({
    summary:
      'Module with your own step, before all others of the default pipeline: export default async (image, context) => …',
    example: './my-step.mjs',
  }),

  httpHost: text('HTTP_HOST', /^[A-Za-z0-9.:_-]+$/, 'a host name or address').default('127.0.0.1', {
    summary: 'Where health and metrics listen; 0.0.0.0 in a container',
    example: '0.0.0.0',
  }),
  httpPort: integer('HTTP_PORT', 0, 65_535).default('8080', { summary: 'Their port; 0 takes a free one' }),
  logLevel: oneOf('LOG_LEVEL', ['debug', 'info', 'warn', 'error']).default('info', {
    summary: 'How much is logged',
  }),
  shutdownGraceMs: duration('SHUTDOWN_GRACE', 1_000, 900_000).default('25s', {
    summary: 'How long SIGTERM lets running work finish',
    reason: 'Kubernetes kills after 30 s unless told otherwise',
  }),

  uploadsTopic: topic('TOPIC_UPLOADS').default('image-uploads', {
    summary: 'Uploads, as references into S3',
  }),
  streamTopic: topic('TOPIC_STREAM').default('image-stream', { summary: "The other application's images" }),
  statsTopic: topic('TOPIC_STATS').default('image-stats', { summary: 'One event an image' }),
  deadLetterTopic: topic('TOPIC_DEAD_LETTER').default('image-dead-letter', {
    summary: 'What could not be processed, with the reason',
  }),
  policiesTopic: topic('TOPIC_POLICIES').default('image-policies', {
    summary: "What each customer's images may be; compacted",
  }),
  countsTopic: topic('TOPIC_COUNTS').default('image-counts', {
    summary: 'Images by customer, type and minute; compacted',
  }),
} as const satisfies Readonly<Record<string, Variable<unknown>>>;
