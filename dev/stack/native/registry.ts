// The schema registry: Apicurio, which speaks the API of Confluent's under a path of its own.
import { join } from 'node:path';
import { REGISTRY_VERSION, registryJar } from './artefacts.ts';
import type { Guard } from './guard.ts';
import { javaCommandOf, prepareJava } from './java.ts';
import { Service, type ServiceSpec } from './process.ts';

export const REGISTRY_PATH = '/apis/ccompat/v7';
const MAX_HEAP_MB = 256;

/** @param keepsData whether schemas outlive the process: with kept topics they must, or their records lose meaning */
export async function registryService(
  guard: Guard,
  folder: string,
  keepsData: boolean,
  preferredPorts: readonly number[] | undefined,
  progress: (line: string) => void,
): Promise<Service> {
  const jar = await registryJar(progress);
  const prepared = await prepareJava(
    guard,
    `apicurio-${REGISTRY_VERSION}`,
    (trial, archiveArgs) => spec(trial, jar, false, undefined, archiveArgs),
    async () => progress(`Preparing the schema registry for quick starts, once on this machine…`),
  );
  return new Service(guard, { ...spec(folder, jar, keepsData, prepared, []), preferredPorts });
}

function spec(
  folder: string,
  jar: string,
  keepsData: boolean,
  prepared: string | undefined,
  extraArgs: readonly string[],
): ServiceSpec {
  return {
    title: `The schema registry (Apicurio ${REGISTRY_VERSION})`,
    log: join(folder, 'registry.log'),
    portCount: 1,
    async prepare([port = 0]) {
      return javaCommandOf({
        args: [...extraArgs, '-jar', jar],
        maxHeapMb: MAX_HEAP_MB,
        folder,
        prepared,
        env: {
          QUARKUS_HTTP_HOST: '127.0.0.1',
          QUARKUS_HTTP_PORT: String(port),
          QUARKUS_BANNER_ENABLED: 'false',
          QUARKUS_HTTP_ACCESS_LOG_ENABLED: 'false',
          QUARKUS_LOG_CATEGORY__IO_QUARKUS__LEVEL: 'INFO', // its "Listening on" is the sign that it is ready
          // H2 opens a file per database; a mode that keeps nothing on disk is the quickest
          APICURIO_DATASOURCE_URL: keepsData
            ? `jdbc:h2:file:${join(folder, 'schemas')}`
            : 'jdbc:h2:mem:schemas;DB_CLOSE_DELAY=-1',
        },
      });
    },
    isReady: async (_ports, log) => log.includes('Listening on: http'),
  };
}
