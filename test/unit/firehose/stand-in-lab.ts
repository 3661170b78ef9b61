// The stand-in over an S3 of a few lines, which keeps objects in memory.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { S3Client } from '@aws-sdk/client-s3';
import { FirehoseStandIn, type StandInOptions } from '../../../dev/firehose/stand-in.ts';

export interface StandInLab {
  readonly standIn: FirehoseStandIn;
  /** Objects by key, in the order in which they were written. */
  readonly objects: Map<string, Buffer>;
  /** The text of all objects that are no manifest. */
  delivered(): string;
  close(): Promise<void>;
}

export async function lab(options: Partial<StandInOptions> = {}): Promise<StandInLab> {
  const objects = new Map<string, Buffer>();
  const server: Server = createServer(async (request, response) => {
    const key = decodeURIComponent(new URL(request.url ?? '', 'http://s3').pathname).replace('/bucket/', '');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method === 'PUT') objects.set(key, Buffer.concat(chunks));
    response.end(request.method === 'GET' ? objects.get(key) : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const s3 = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIALOCAL', secretAccessKey: 'secret' },
    forcePathStyle: true,
  });
  const standIn = await FirehoseStandIn.start({
    stream: 'stats',
    accessKeyId: 'AKIALOCAL',
    s3,
    bucket: 'bucket',
    prefix: 'firehose/',
    bufferBytes: 64 * 1024 * 1024,
    bufferMs: 60_000,
    copyRetryMs: 1_000,
    copyRetryIntervalMs: 20,
    ...options,
  });
  return {
    standIn,
    objects,
    delivered: () =>
      [...objects]
        .filter(([key]) => key.endsWith('.gz'))
        .map(([, body]) => gunzipSync(body).toString())
        .join(''),
    close: async () => {
      await standIn.close();
      s3.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
