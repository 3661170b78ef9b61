import { randomUUID } from 'node:crypto';

/** Grows with each change of a stream's configuration; here there is none. */
const STREAM_VERSION = 1;

/**
 * `YYYY/MM/dd/HH/<stream>-<version>-YYYY-MM-dd-HH-mm-ss-<uuid><extension>`, in UTC, by when the oldest record came
 * (https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html).
 */
export function objectKey(stream: string, arrivedMs: number, extension: string): string {
  const [date = '', time = ''] = new Date(arrivedMs).toISOString().slice(0, 19).split('T');
  const folder = `${date.replaceAll('-', '/')}/${time.slice(0, 2)}`;
  return `${folder}/${stream}-${STREAM_VERSION}-${date}-${time.replaceAll(':', '-')}-${randomUUID()}${extension}`;
}
