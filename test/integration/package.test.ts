import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePhotograph } from '../../dev/samples/index.ts';
import { examplesOf } from '../support/doc-examples.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const INSTALL_MS = 240_000;

/** A downstream team's test: Darkroom from the kit, its event by a consumer that has nothing of ours. */
const DOWNSTREAM = `
import { readFile } from 'node:fs/promises';
import registryClient from '@kafkajs/confluent-schema-registry';
import kafkajs from 'kafkajs';
import { DarkroomStack } from 'darkroom-streams/testing';

const darkroom = await DarkroomStack.start();
const id = await darkroom.sendImage(await readFile('one.jpg'), { customerId: 'acme', imageId: 'cat' });
const awaited = await darkroom.awaitStats(id);

const { kafka, registry } = darkroom.addresses;
const schemas = new registryClient.SchemaRegistry({ host: registry });
const consumer = new kafkajs.Kafka({ brokers: [kafka], logLevel: 0 }).consumer({ groupId: 'downstream' });
await consumer.connect();
await consumer.subscribe({ topic: 'image-stats', fromBeginning: true });
const event = await new Promise((resolve) => {
  consumer.run({ eachMessage: async ({ message }) => resolve(await schemas.decode(message.value)) });
});
await consumer.disconnect();
await darkroom.stop();
console.log(JSON.stringify({ same: event.eventId === id && awaited.eventId === id, customer: event.customerId, outcome: event.outcome, type: event.type }));
`;

describe('the package, installed in an empty project', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-package-'));
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await run('npm', ['install', '--no-audit', '--no-fund', join(folder, packed.filename)], { cwd: folder });
  }, INSTALL_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('runs the first example of the guide to the engine, which has nothing to do with images', async () => {
    const [first] = examplesOf('streams/guide.md');
    if (!first) throw new Error('the guide has no example');
    await writeFile(join(folder, first.file), first.code);
    const { stdout } = await run(process.execPath, [first.file], { cwd: folder });
    expect(first.output).toMatch(/ann/);
    expect(stdout).toBe(first.output);
  });

  it('has the command, which develops an image in its worker processes', async () => {
    await writeFile(join(folder, 'one.jpg'), await makePhotograph(1, 800, 600));
    const command = ['--no', 'darkroom', 'try', 'one.jpg', '--json', '--out', 'out'];
    const { stdout } = await run('npx', command, { cwd: folder });
    const line = JSON.parse(stdout);
    expect(line).toMatchObject({ file: 'one.jpg', outcome: 'processed' });
    expect((await readFile(join(folder, line.renditions[0].path))).length).toBe(line.renditions[0].bytes);
  });

  it('runs pipelines of a TypeScript file, whose wrong options do not compile', async () => {
    const typescript = (width: string) =>
      "import { defineConfig } from 'darkroom-streams/config';\n" +
      `export default defineConfig({ pipelines: { shop: { version: 3, renditions: { card: { ${width}: 100 } } } } });\n`;
    const compile = () =>
      run(
        process.execPath,
        [
          join(root, 'node_modules/typescript/bin/tsc'),
          '--noEmit',
          '--strict',
          '--module',
          'nodenext',
          'darkroom.ts',
        ],
        { cwd: folder },
      );
    await writeFile(join(folder, 'one.jpg'), await makePhotograph(1, 800, 600));
    await writeFile(join(folder, 'darkroom.ts'), typescript('width'));
    await compile();
    const command = [
      '--no',
      'darkroom',
      'try',
      'one.jpg',
      '--json',
      '--out',
      'cards',
      '--config',
      'darkroom.ts',
    ];
    const { stdout } = await run('npx', command, { cwd: folder });
    expect(JSON.parse(stdout).renditions).toMatchObject([{ name: 'card', width: 100 }]);
    await writeFile(join(folder, 'darkroom.ts'), typescript('widht'));
    await expect(compile()).rejects.toMatchObject({
      stdout: expect.stringContaining("Did you mean to write 'width'?"),
    });
  });

  it('has the kit: an image is sent, and its Avro event read with plain KafkaJS', async () => {
    await writeFile(join(folder, 'one.jpg'), await makePhotograph(1, 800, 600));
    await writeFile(join(folder, 'downstream.js'), DOWNSTREAM);
    const { stdout } = await run(process.execPath, ['downstream.js'], { cwd: folder });
    const [last = ''] = stdout.trim().split('\n').slice(-1);
    expect(JSON.parse(last)).toEqual({ same: true, customer: 'acme', outcome: 'processed', type: 'jpeg' });
  });

  it('holds no test, no source and no sample', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root });
    const [{ files }] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
    const strangers = files
      .map(({ path }: { path: string }) => path)
      .filter(
        (path: string) => !/^(bin|dist|schemas|warehouse)\/|^(LICENSE|README\.md|package\.json)$/.test(path),
      );
    expect(strangers).toEqual([]);
  });
});
