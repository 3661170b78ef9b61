// The programs of the local stack, fetched through the ordinary package clients at exact versions.
import { existsSync, readdirSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, StackError } from '../errors.ts';
import type { ComponentName } from '../types.ts';
import { cached, isCached } from './cache.ts';
import {
  javaVersion,
  pythonVersion,
  requireMaven,
  requireSetpriv,
  requireVenv,
  runWithProgress,
} from './tools.ts';

/** Later ones can lose the end of a transaction: docs/adr/0033-kafka-before-4-3.md. */
export const KAFKA_VERSION = '4.2.1';
export const REGISTRY_VERSION = '3.0.9'; // later ones need Java 21
export const REDIS_VERSION = '7.0.15';
export const MINISTACK_VERSION = '1.5.33';
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
// The last one that fetches an artefact without its POM: the registry's names a parent that not every repository holds.
const POMLESS_DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:2.10';
const MAVEN_ADVICE =
  'What to do: check that Maven reaches its repository (a proxy or mirror goes into ~/.m2/settings.xml), then start again.';
const PIP_ADVICE = 'What to do: check that pip reaches its index (pip config list), then start again.';

const kafkaName = `kafka-${KAFKA_VERSION}`;
const registryName = `apicurio-${REGISTRY_VERSION}`;
const redisName = `redis-${REDIS_VERSION}`;
const ministackName = async () => `ministack-${MINISTACK_VERSION}-python${await pythonVersion()}`;

/** Checks that the machine has what these parts need, before anything is begun; one error names all that is missing. */
export async function requireTools(names: readonly ComponentName[]): Promise<void> {
  const needs = {
    kafka: [javaVersion, async () => isCached(kafkaName) || requireMaven()],
    registry: [javaVersion, async () => isCached(registryName) || requireMaven()],
    redis: [async () => isCached(redisName) || requireMaven()],
    postgres: [requireSetpriv],
    firehose: [],
    aws: [async () => isCached(await ministackName()) || requireVenv()],
  };
  const results = await Promise.allSettled(names.flatMap((name) => needs[name].map((check) => check())));
  const missing = results.flatMap((result) =>
    result.status === 'rejected' ? [messageOf(result.reason)] : [],
  );
  if (missing.length > 0) throw new StackError([...new Set(missing)].join('\n'));
}

type Progress = (line: string) => void;

// Maven's own cache does not like two downloads at once
let mavenQueue: Promise<unknown> = Promise.resolve();
function maven(what: string, folder: string, args: readonly string[], progress: Progress): Promise<void> {
  const turn = mavenQueue.then(async () => {
    progress(`${what}…`);
    await runWithProgress(what, 'mvn', ['-B', '-ntp', ...args], {
      cwd: folder,
      progress,
      advice: MAVEN_ADVICE,
    });
  });
  mavenQueue = turn.catch(() => {});
  return turn;
}

/** The jars of the broker, in a fixed order: a class data archive is only good for the class path it was made with. */
export async function kafkaClassPath(progress: Progress): Promise<string> {
  const folder = await cached(kafkaName, async (target) => {
    const pom = join(target, 'pom.xml');
    await writeFile(pom, KAFKA_POM);
    await maven(
      `Fetching Kafka ${KAFKA_VERSION} (43 MB)`,
      target,
      [
        '-f',
        pom,
        `${DEPENDENCY_PLUGIN}:copy-dependencies`,
        '-DincludeScope=runtime',
        `-DoutputDirectory=${target}`,
      ],
      progress,
    );
  });
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(folder, name))
    .join(':');
}

// slf4j-simple: a logger without a configuration of its own
const KAFKA_POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>darkroom.dev</groupId>
  <artifactId>kafka-broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;

/** The jar that runs Apicurio Registry; its libraries lie beside it. */
export async function registryJar(progress: Progress): Promise<string> {
  const folder = await cached(registryName, async (target) => {
    await maven(
      `Fetching the schema registry Apicurio ${REGISTRY_VERSION} (109 MB)`,
      target,
      [
        `${POMLESS_DEPENDENCY_PLUGIN}:unpack`,
        `-Dartifact=io.apicurio:apicurio-registry-app:${REGISTRY_VERSION}:tar.gz:all`,
        `-DoutputDirectory=${target}`,
      ],
      progress,
    );
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the plugin takes it for a folder's name, without a project
    await rm(join(target, '${project.basedir}'), { recursive: true, force: true });
  });
  return join(folder, `apicurio-registry-app-${REGISTRY_VERSION}-runner.jar`);
}

/** The Redis server for this machine, out of a jar that holds one for each. */
export async function redisServer(progress: Progress): Promise<string> {
  const folder = await cached(redisName, async (target) => {
    await maven(
      `Fetching Redis ${REDIS_VERSION} (11 MB)`,
      target,
      [
        `${DEPENDENCY_PLUGIN}:unpack`,
        '-Dartifact=org.signal:embedded-redis:0.9.1',
        '-Dmdep.unpack.includes=redis-server-*',
        `-DoutputDirectory=${target}`,
      ],
      progress,
    );
    for (const name of readdirSync(target)) {
      if (name.startsWith('redis-server-')) await chmod(join(target, name), 0o755);
    }
  });
  const machine = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const server = join(folder, `redis-server-${REDIS_VERSION}-${machine}`);
  if (!existsSync(server)) {
    throw new StackError(
      `There is no Redis for ${machine}. What to do: use the containers of docker-compose.yml.`,
    );
  }
  return server;
}

/** The Python that has MiniStack. */
export async function ministackPython(progress: Progress): Promise<string> {
  const folder = await cached(await ministackName(), async (target) => {
    const what = `Fetching MiniStack ${MINISTACK_VERSION} for S3 and SQS (25 MB)`;
    progress(`${what}…`);
    await runWithProgress(what, 'python3', ['-m', 'venv', target], { progress, advice: PIP_ADVICE });
    await runWithProgress(
      what,
      join(target, 'bin', 'python'),
      // without cryptography it starts, and checks no signature
      [
        '-m',
        'pip',
        'install',
        '--disable-pip-version-check',
        `ministack==${MINISTACK_VERSION}`,
        'cryptography==50.0.2',
      ],
      { progress, advice: PIP_ADVICE },
    );
  });
  return join(folder, 'bin', 'python');
}
