// Kafka Streams itself as a peer: the Maven project in peers/kafka-streams, built once on a machine for each text it has.
import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from '../dev/stack/native/cache.ts';
import { javaCommand, javaVersion, requireMaven, runWithProgress } from '../dev/stack/native/tools.ts';
import type { Program } from './subject.ts';

export const KAFKA_STREAMS_VERSION = '4.3.1';
const PROJECT = fileURLToPath(new URL('peers/kafka-streams', import.meta.url));
const SOURCES = ['pom.xml', 'src/main/java/darkroom/bench/KafkaStreamsPeer.java'];
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const MAX_HEAP_MB = 1024;

/** Java's own defaults but for the heap's bound: both compilers, the collector that it chooses for the machine. */
export async function kafkaStreamsProgram(progress: (line: string) => void): Promise<Program> {
  await javaVersion();
  const folder = await built(progress);
  const classPath = [join(folder, 'target', 'kafka-streams-peer-1.jar'), ...(await jars(folder))].join(':');
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
  return {
    title: `Kafka Streams ${KAFKA_STREAMS_VERSION}`,
    command: javaCommand,
    args: [`-Xmx${MAX_HEAP_MB}m`, logging, '-cp', classPath, 'darkroom.bench.KafkaStreamsPeer'],
  };
}

async function built(progress: (line: string) => void): Promise<string> {
  const hash = createHash('sha256');
  for (const file of SOURCES) hash.update(readFileSync(join(PROJECT, file)));
  return cached(`kafka-streams-peer-${hash.digest('hex').slice(0, 12)}`, async (target) => {
    await requireMaven();
    for (const file of SOURCES) cpSync(join(PROJECT, file), join(target, file), { recursive: true });
    const what = `Building the peer on Kafka Streams ${KAFKA_STREAMS_VERSION}`;
    progress(`${what}…`);
    const output = `-DoutputDirectory=${join(target, 'lib')}`;
    const goals = ['package', COPY_DEPENDENCIES, '-DincludeScope=runtime', output];
    await runWithProgress(what, 'mvn', ['-B', '-ntp', ...goals], {
      cwd: target,
      progress,
      advice:
        'What to do: check that Maven reaches its repository (a proxy or mirror goes into ~/.m2/settings.xml) and that ' +
        'javac is there (a JDK, not a JRE), then start again.',
    });
  });
}

async function jars(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'lib'));
  return names.sort().map((name) => join(folder, 'lib', name));
}
