// S3 and SQS: MiniStack, which checks signatures as AWS does.
import { join } from 'node:path';
import { MINISTACK_VERSION, ministackPython } from './artefacts.ts';
import { baseEnvironment, type Guard } from './guard.ts';
import { Service } from './process.ts';

/** @param folder objects are kept in it as they are written; everything else when the process is stopped in order */
export async function awsService(
  guard: Guard,
  folder: string,
  preferredPorts: readonly number[] | undefined,
  progress: (line: string) => void,
): Promise<Service> {
  const python = await ministackPython(progress);
  return new Service(guard, {
    title: `S3 and SQS (MiniStack ${MINISTACK_VERSION})`,
    log: join(folder, 'aws.log'),
    portCount: 1,
    preferredPorts,
    async prepare([port = 0]) {
      return {
        command: python,
        args: ['-m', 'ministack'],
        cwd: folder,
        env: {
          ...baseEnvironment(),
          PYTHONUNBUFFERED: '1',
          TMPDIR: folder,
          GATEWAY_PORT: String(port),
          BIND_HOST: '127.0.0.1', // it would listen on every interface
          AUTH: 'true', // it would serve anybody
          SERVICES: 's3,sqs,iam,sts',
          // both would listen on fixed ports of every interface
          SFTP_ENABLED: '0',
          IOT_MTLS_ENABLED: '0',
          S3_PERSIST: '1',
          S3_DATA_DIR: join(folder, 'objects'),
          PERSIST_STATE: '1',
          STATE_DIR: join(folder, 'state'),
        },
      };
    },
    isReady: async (_ports, log) => /Running on http:/.test(log),
  });
}
