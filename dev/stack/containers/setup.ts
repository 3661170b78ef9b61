// What docker-compose.yml runs once before the service: topics, the bucket with its queue, the service's key, the database. It
// may be run again: what is there stays.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { COLUMN_NAMES } from '../../../src/warehouse/columns.ts';
import { messageOf } from '../errors.ts';
import { createAccess, opensAll, REGION } from '../native/access.ts';
import { STAGE_TABLE, STREAM } from '../native/firehose.ts';
import { createTopics } from '../topics.ts';
import type { AwsAddress } from '../types.ts';
import { createDatabase } from './database.ts';

const REQUIRED = [
  'KAFKA_BROKERS',
  'S3_ENDPOINT',
  'CREDENTIALS_FOLDER',
  'WAREHOUSE_URL',
  'WAREHOUSE_ADMIN_URL',
] as const;

function settings(): Record<(typeof REQUIRED)[number], string> {
  const missing = REQUIRED.filter((name) => !process.env[name]);
  if (missing.length > 0) throw new Error(`${missing.join(', ')} must be set`);
  const of = (name: (typeof REQUIRED)[number]) => process.env[name] ?? '';
  return {
    KAFKA_BROKERS: of('KAFKA_BROKERS'),
    S3_ENDPOINT: of('S3_ENDPOINT'),
    CREDENTIALS_FOLDER: of('CREDENTIALS_FOLDER'),
    WAREHOUSE_URL: of('WAREHOUSE_URL'),
    WAREHOUSE_ADMIN_URL: of('WAREHOUSE_ADMIN_URL'),
  };
}

type Key = Pick<AwsAddress, 'accessKeyId' | 'secretAccessKey'>;
const keyFile = (folder: string) => join(folder, 'key.env');

/** Leaves a key that opens everything in the folder: the one it keeps, or a new one. */
async function grantAccess(endpoint: string, folder: string): Promise<void> {
  const kept = await readKey(folder).catch(() => undefined);
  const isGood = kept && (await opensAll({ ...kept, endpoint, region: REGION }));
  await writeKey(folder, isGood ? kept : await createAccess(endpoint));
}

async function readKey(folder: string): Promise<Key | undefined> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = parseEnv(
    await readFile(keyFile(folder), 'utf8'),
  );
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
}

/** As the SDKs read it, as variables, and with all else that the Firehose stand-in must know; for their owner alone. */
async function writeKey(folder: string, { accessKeyId, secretAccessKey }: Key): Promise<void> {
  const write = (name: string, lines: readonly string[]) =>
    writeFile(join(folder, name), `${lines.join('\n')}\n`, { mode: 0o600 });
  const key = [`AWS_ACCESS_KEY_ID=${accessKeyId}`, `AWS_SECRET_ACCESS_KEY=${secretAccessKey}`];
  await mkdir(folder, { recursive: true });
  await write('aws-credentials', [
    '[default]',
    `aws_access_key_id = ${accessKeyId}`,
    `aws_secret_access_key = ${secretAccessKey}`,
  ]);
  await write('key.env', key);
  await write('firehose.env', [
    ...key,
    `FIREHOSE_STREAM=${STREAM}`,
    `FIREHOSE_COPY_TABLE=${STAGE_TABLE}`,
    `FIREHOSE_COPY_COLUMNS=${COLUMN_NAMES.join(',')}`,
  ]);
}

try {
  const { KAFKA_BROKERS, S3_ENDPOINT, CREDENTIALS_FOLDER, WAREHOUSE_URL, WAREHOUSE_ADMIN_URL } = settings();
  await Promise.all([
    createTopics(KAFKA_BROKERS),
    grantAccess(S3_ENDPOINT, CREDENTIALS_FOLDER),
    createDatabase(WAREHOUSE_ADMIN_URL, WAREHOUSE_URL),
  ]);
  process.stdout.write('Topics, bucket, queue, key and database are there.\n');
} catch (error) {
  process.stderr.write(`The set-up failed: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
