// The stand-in as a process of its own: node dev/firehose/server.ts, with its settings in the environment.
import { S3Client } from '@aws-sdk/client-s3';
import { FirehoseStandIn, type StandInOptions } from './stand-in.ts';

const MIB = 1024 * 1024;

/**
 * FIREHOSE_STREAM, S3_BUCKET, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are required; S3_ENDPOINT, AWS_REGION,
 * FIREHOSE_PREFIX (`firehose/`), FIREHOSE_HOST, FIREHOSE_PORT, FIREHOSE_BUFFER_SECONDS (1), FIREHOSE_BUFFER_BYTES (1 MiB).
 * WAREHOUSE_URL with FIREHOSE_COPY_TABLE and FIREHOSE_COPY_COLUMNS (names, with commas) turns COPY on;
 * FIREHOSE_COPY_RETRY_SECONDS (3,600) and FIREHOSE_COPY_RETRY_INTERVAL_SECONDS (1).
 */
function optionsOf(environment: NodeJS.ProcessEnv): StandInOptions {
  const problems: string[] = [];
  const text = (name: string): string => {
    const value = environment[name];
    if (!value) problems.push(`${name} is not set`);
    return value ?? '';
  };
  const number = (name: string, otherwise: number): number => {
    const value = Number(environment[name] || otherwise);
    if (!(value >= 0)) problems.push(`${name} must be a number from 0 on, got ${environment[name]}`);
    return value;
  };
  const warehouseUrl = environment.WAREHOUSE_URL;
  const accessKeyId = text('AWS_ACCESS_KEY_ID');
  const endpoint = environment.S3_ENDPOINT;
  const options: StandInOptions = {
    stream: text('FIREHOSE_STREAM'),
    host: environment.FIREHOSE_HOST || '127.0.0.1',
    port: number('FIREHOSE_PORT', 0),
    accessKeyId,
    bucket: text('S3_BUCKET'),
    prefix: environment.FIREHOSE_PREFIX ?? 'firehose/',
    s3: new S3Client({
      region: environment.AWS_REGION || 'us-east-1',
      credentials: { accessKeyId, secretAccessKey: text('AWS_SECRET_ACCESS_KEY') },
      ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    }),
    bufferBytes: number('FIREHOSE_BUFFER_BYTES', MIB),
    bufferMs: number('FIREHOSE_BUFFER_SECONDS', 1) * 1000,
    copyRetryMs: number('FIREHOSE_COPY_RETRY_SECONDS', 3_600) * 1000,
    copyRetryIntervalMs: number('FIREHOSE_COPY_RETRY_INTERVAL_SECONDS', 1) * 1000,
    log: (line) => process.stderr.write(`${line}\n`),
    ...(warehouseUrl && {
      warehouse: {
        url: warehouseUrl,
        table: text('FIREHOSE_COPY_TABLE'),
        columns: text('FIREHOSE_COPY_COLUMNS')
          .split(',')
          .map((name) => name.trim()),
      },
    }),
  };
  if (problems.length > 0) {
    process.stderr.write(`the Firehose stand-in cannot start: ${problems.join('; ')}\n`);
    process.exit(2);
  }
  return options;
}

const standIn = await FirehoseStandIn.start(optionsOf(process.env));
process.stdout.write(`Firehose stand-in is ready on ${standIn.endpoint}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void standIn.close().then(() => process.exit(0)));
}
