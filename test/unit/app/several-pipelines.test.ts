import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { configFileOf } from '../../../src/config/file/read-config.ts';
import { createDarkroom, DEFAULT_LIMITS, type Pipeline } from '../../../src/processors/index.ts';
import type { Darkroom } from '../../../src/processors/types.ts';
import { ConfigFolder } from '../config/file/config-folder.ts';
import { codec, DevelopBench, headerOf, jpeg, topics } from './develop-bench.ts';
import { NO_POLICY } from './no-policy.ts';

const folder = new ConfigFolder();
const CONFIG = (width: number) => `
defaultPipeline: shop
pipelines:
  shop: { version: 3, renditions: { card: { width: ${width} } } }
  avatars: { version: 1, renditions: { large: { width: 64 }, small: { width: 16 } } }
`;

async function darkroomOf(content: string): Promise<Darkroom> {
  const { pipelines, problems } = await folder.read(content);
  if (!pipelines) throw new Error(problems.join('\n'));
  return start(pipelines);
}

const start = (pipelines: readonly [Pipeline, ...Pipeline[]]) =>
  createDarkroom({
    workers: 1,
    deadlineMs: 20_000,
    workerMemoryBytes: 1024 ** 3,
    limits: DEFAULT_LIMITS,
    pipelines,
  });

let darkroom: Darkroom;
beforeAll(async () => {
  darkroom = await darkroomOf(CONFIG(100));
});
afterAll(async () => {
  await darkroom.close();
  folder.remove();
});

let bench: DevelopBench | undefined;
afterEach(() => bench?.close());
async function open(of = darkroom, names = ['shop', 'avatars']): Promise<DevelopBench> {
  bench = await DevelopBench.open(of, () => ({ pipelines: new Set(names) }));
  return bench;
}

const setPipeline = (run: DevelopBench, customer: string, pipeline: string) =>
  run.driver.pipe({
    topic: topics.imagePolicies,
    key: Buffer.from(customer),
    value: codec.encodePolicy({ ...NO_POLICY, pipeline }),
  });

test("a customer's policy chooses the pipeline, and images of others go through the default one", async () => {
  const run = await open();
  await setPipeline(run, 'acme', 'avatars');
  const body = await jpeg();
  await run.stream(body, { 'customer-id': 'acme' });
  await run.stream(body, { 'customer-id': 'birch' });
  const [acme, birch] = await run.events();
  expect([acme?.pipeline, acme?.renditions.map(({ name, width }) => [name, width])]).toEqual([
    'avatars@1',
    [
      ['large', 64],
      ['small', 16],
    ],
  ]);
  expect([birch?.pipeline, birch?.renditions.map(({ name, width }) => [name, width])]).toEqual([
    'shop@3',
    [['card', 100]],
  ]);
});

test('a policy that names a pipeline which is not configured fails its images clearly, and stops nobody', async () => {
  const run = await open();
  await setPipeline(run, 'acme', 'avatar');
  const body = await jpeg();
  await run.stream(body, { 'customer-id': 'acme' });
  await run.stream(body, { 'customer-id': 'birch' });
  await setPipeline(run, 'acme', 'avatars');
  await run.stream(body, { 'customer-id': 'acme' });
  const events = await run.events();
  expect(events).toMatchObject([
    {
      outcome: 'failed',
      code: 'PIPELINE_UNKNOWN',
      reason:
        'there is no pipeline "avatar"; known are shop, avatars. Name one of them, or add it to the configuration file',
      pipeline: null,
      renditions: [],
    },
    { outcome: 'processed', pipeline: 'shop@3' },
    { outcome: 'processed', pipeline: 'avatars@1' },
  ]);
  const [letter] = run.letters();
  expect(letter?.value).toEqual(body);
  expect(headerOf(letter, '__streams.errors.exception')).toBe('PIPELINE_UNKNOWN');
});

test('a pipeline that changed without a new version writes other keys, the others write the same', async () => {
  const body = await jpeg();
  const keysOf = async (of: Darkroom) => {
    const run = await open(of);
    await setPipeline(run, 'acme', 'avatars');
    await run.stream(body, { 'customer-id': 'acme', 'image-id': 'a' });
    await run.stream(body, { 'customer-id': 'birch', 'image-id': 'b' });
    const events = await run.events();
    await run.close();
    bench = undefined;
    return events.map(({ pipeline, renditions }) => [pipeline, renditions[0]?.key]);
  };
  const changed = await darkroomOf(CONFIG(101));
  const before = await keysOf(darkroom);
  const after = await keysOf(changed).finally(() => changed.close());
  expect(after[0]).toEqual(before[0]);
  expect(after[1]?.[0]).toBe('shop@3');
  expect(after[1]?.[1]).not.toBe(before[1]?.[1]);
});

test('the example of a configuration file develops images', async () => {
  const example = join(import.meta.dirname, '..', '..', '..', 'examples', 'darkroom.yaml');
  const file = await configFileOf({ DARKROOM_CONFIG: example }, { withSecrets: true });
  if (!file?.pipelines) throw new Error(file?.problems.join('\n'));
  const shop = start(file.pipelines);
  const run = await open(
    shop,
    file.pipelines.map(({ name }) => name),
  );
  try {
    await setPipeline(run, 'acme', 'archive');
    const body = await jpeg(1200, 900);
    await run.stream(body, { 'customer-id': 'acme' });
    await run.stream(body, { 'customer-id': 'birch' });
    const events = await run.events();
    expect(events.map(({ renditions }) => renditions.map(({ name }) => name))).toEqual([
      ['original', 'preview'],
      ['thumb', 'card', 'zoom'],
    ]);
    for (const { key, width, height } of events.flatMap(({ renditions }) => renditions)) {
      expect(await sharp(await run.readObject(key)).metadata()).toMatchObject({ width, height });
    }
  } finally {
    await shop.close();
  }
});
