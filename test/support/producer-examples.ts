// The examples below examples/producers as programs, with what each needs fetched once a machine.
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from '../../dev/stack/native/cache.ts';
import {
  javaCommand,
  javaVersion,
  pythonVersion,
  requireMaven,
  requireVenv,
  runWithProgress,
} from '../../dev/stack/native/tools.ts';

/** A command that takes `<form> <customer> <image id> <place>`. */
export interface ProducerExample {
  readonly command: string;
  readonly args: readonly string[];
}

const EXAMPLES = fileURLToPath(new URL('../../examples/producers', import.meta.url));
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const JAVA_SOURCES = ['pom.xml', 'src/main/java/darkroom/examples/SendImage.java'];
const progress = (line: string) => process.stderr.write(`  ${line}\n`);

export const typescriptExample = async (): Promise<ProducerExample> => ({
  command: process.execPath,
  args: [join(EXAMPLES, 'typescript/send-image.ts')],
});

/** In an environment of its own with requirements.txt. */
export async function pythonExample(): Promise<ProducerExample> {
  const requirements = join(EXAMPLES, 'python/requirements.txt');
  const name = `producer-example-python${await pythonVersion()}-${hashOf([requirements])}`;
  const folder = await cached(name, async (target) => {
    await requireVenv();
    const advice = 'What to do: check that pip reaches its index (pip config list), then start again.';
    const what = "Fetching the Python example's Kafka client (15 MB)";
    progress(`${what}…`);
    const run = (command: string, args: string[]) =>
      runWithProgress(what, command, args, { progress, advice });
    await run('python3', ['-m', 'venv', target]);
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '-r', requirements];
    await run(join(target, 'bin', 'python'), pip);
  });
  return { command: join(folder, 'bin', 'python'), args: [join(EXAMPLES, 'python/send_image.py')] };
}

/** Compiled by Maven, with its jars beside it. */
export async function javaExample(): Promise<ProducerExample> {
  const project = join(EXAMPLES, 'java');
  await javaVersion();
  const sources = JAVA_SOURCES.map((file) => join(project, file));
  const folder = await cached(`producer-example-java-${hashOf(sources)}`, async (target) => {
    await requireMaven();
    for (const file of JAVA_SOURCES) cpSync(join(project, file), join(target, file), { recursive: true });
    const what = 'Building the Java example';
    progress(`${what}…`);
    const goals = ['package', COPY_DEPENDENCIES, '-DincludeScope=runtime'];
    const args = ['-B', '-ntp', ...goals, `-DoutputDirectory=${join(target, 'lib')}`];
    const advice =
      'What to do: check that Maven reaches its repository and that javac is there (a JDK, not a JRE), then start again.';
    await runWithProgress(what, 'mvn', args, { cwd: target, progress, advice });
  });
  const jars = readdirSync(join(folder, 'lib')).sort();
  const classPath = [
    join(folder, 'target', 'send-image-1.jar'),
    ...jars.map((jar) => join(folder, 'lib', jar)),
  ].join(':');
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
  const settings = ['-XX:TieredStopAtLevel=1', '-Xmx256m', logging];
  return { command: javaCommand, args: [...settings, '-cp', classPath, 'darkroom.examples.SendImage'] };
}

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}
