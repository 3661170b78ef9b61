// The stand-in for Firehose, as a process of the stack: it puts objects into its S3 and copies them into its warehouse.
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COLUMN_NAMES } from '../../../src/warehouse/columns.ts';
import type { AwsAddress } from '../types.ts';
import { baseEnvironment, type Guard } from './guard.ts';
import { Service } from './process.ts';

export const STREAM = 'darkroom-statistics';
export const STAGE_TABLE = 'darkroom.image_stats_stage';

/** @param warehouseUrl where rows are copied to; undefined: nowhere, they end in S3 */
export async function firehoseService(
  guard: Guard,
  folder: string,
  preferredPorts: readonly number[] | undefined,
  s3: AwsAddress & { bucket: string },
  warehouseUrl: string | undefined,
): Promise<Service> {
  const file = `../../firehose/server${extname(import.meta.filename)}`;
  return new Service(guard, {
    title: 'The Firehose stand-in',
    log: join(folder, 'firehose.log'),
    portCount: 1,
    preferredPorts,
    async prepare([port = 0]) {
      return {
        command: process.execPath,
        args: [fileURLToPath(new URL(file, import.meta.url))],
        cwd: folder,
        env: {
          ...baseEnvironment(),
          FIREHOSE_STREAM: STREAM,
          FIREHOSE_PORT: String(port),
          FIREHOSE_BUFFER_SECONDS: process.env.FIREHOSE_BUFFER_SECONDS ?? '1',
          S3_ENDPOINT: s3.endpoint,
          S3_BUCKET: s3.bucket,
          AWS_REGION: s3.region,
          AWS_ACCESS_KEY_ID: s3.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
          ...(warehouseUrl && {
            WAREHOUSE_URL: warehouseUrl,
            FIREHOSE_COPY_TABLE: STAGE_TABLE,
            FIREHOSE_COPY_COLUMNS: COLUMN_NAMES.join(','),
          }),
        },
      };
    },
    isReady: async (_ports, log) => log.includes('Firehose stand-in is ready'),
  });
}
