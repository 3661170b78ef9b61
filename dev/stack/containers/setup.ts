// What docker-compose.yml runs once before the service: topics, the bucket with its queue, the service's key, the database. It
// may be run again: what is there stays.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { createAccess, opensAll, REGION } from '../native/access.ts';
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

/** The key that the folder keeps, if it still opens everything; otherwise a new one. */
async function grantAccess(endpoint: string, folder: string): Promise<void> {
  const kept = await readKey(folder).catch(() => undefined);
  if (kept && (await opensAll({ ...kept, endpoint, region: REGION }))) return;
  await writeKey(folder, await createAccess(endpoint));
}

type Key = Pick<AwsAddress, 'accessKeyId' | 'secretAccessKey'>;
const keyFile = (folder: string) => join(folder, 'key.env');

async function readKey(folder: string): Promise<Key | undefined> {
  const text = await readFile(keyFile(folder), 'utf8');
  const [, accessKeyId, secretAccessKey] =
    /^AWS_ACCESS_KEY_ID=(.*)\nAWS_SECRET_ACCESS_KEY=(.*)\n/.exec(text) ?? [];
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
}

/** As the SDKs read it, and as variables; both for their owner alone. */
async function writeKey(folder: string, { accessKeyId, secretAccessKey }: Key): Promise<void> {
  await mkdir(folder, { recursive: true });
  const shared = `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  await writeFile(join(folder, 'aws-credentials'), shared, { mode: 0o600 });
  const variables = `AWS_ACCESS_KEY_ID=${accessKeyId}\nAWS_SECRET_ACCESS_KEY=${secretAccessKey}\n`;
  await writeFile(keyFile(folder), variables, { mode: 0o600 });
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
