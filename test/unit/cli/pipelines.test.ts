import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pipelineWarning } from '../../../src/cli/pipeline-warning.ts';
import { jpeg } from '../app/develop-bench.ts';
import { ConfigFolder } from '../config/file/config-folder.ts';
import { darkroom } from './command-line.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const example = join(root, 'examples', 'darkroom.yaml');
const page = readFileSync(join(root, 'docs', 'configuration.md'), 'utf8');
/** The code blocks of docs/configuration.md in a language. */
const blocks = (language: string) =>
  [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, of, text]) =>
    of === language ? [text ?? ''] : [],
  );

const STACK = /\n\s+at .+:\d+:\d+/;
const folder = new ConfigFolder();
beforeAll(async () => {
  folder.write('two.yaml', TWO);
  writeFileSync(join(folder.path, 'a.jpg'), await jpeg());
});
afterAll(() => folder.remove());
const TWO = `
defaultPipeline: shop
pipelines:
  shop: { version: 3, renditions: { card: { width: 100 } } }
  avatars: { version: 1, renditions: { small: { width: 16, quality: { maxBytes: 3KiB } } } }
`;

describe('darkroom pipelines', () => {
  it('prints what a file means, for people', async () => {
    const { code, out, err } = await darkroom(['pipelines', '--config', 'two.yaml'], { cwd: folder.path });
    expect([code, err]).toEqual([0, '']);
    expect(out.replace(/[0-9a-f]{16}/g, '…')).toBe(`shop@3  the default  fingerprint …
  card  100×… inside, auto, quality 80, on #ffffff

avatars@1  fingerprint …
  small  16×… inside, auto, at most 3KiB, on #ffffff
`);
  });

  it('prints the standard pipeline where no file is named', async () => {
    const { code, out } = await darkroom(['pipelines']);
    expect(code).toBe(0);
    expect(out).toMatch(/^standard@1 {2}the default\n {2}large {3}1024×1024 inside, auto, quality 80/);
  });

  it('tells a plug-in as the first step of the default pipeline, under the same name', async () => {
    folder.write('plug-in.mjs', 'export default async () => {};');
    const env = { DARKROOM_CONFIG: 'two.yaml', PLUGIN: 'plug-in.mjs' };
    const [plain, plugged] = await Promise.all([
      darkroom(['pipelines', '--config', 'two.yaml'], { cwd: folder.path }),
      darkroom(['pipelines'], { cwd: folder.path, env }),
    ]);
    expect(plugged.out).toMatch(/^shop@3 .*\n {2}step 1 {2}module plug-in\.mjs\n/);
    expect(plugged.out.split('\n')[0]).not.toBe(plain.out.split('\n')[0]);
    expect(plugged.out.split('\n\n')[1]).toBe(plain.out.split('\n\n')[1]);
  });

  it('ends with 2 and every mistake, as docs/configuration.md shows it', async () => {
    const [shown = ''] = blocks('');
    folder.write(
      'darkroom.yaml',
      [
        ...['pipelines:', '  shop:', '    version: 1', '    # three lines', '    # of a', '    # comment'],
        ...['    renditions:', '      thumb:', '        quality: 140', '        qualty: 90', ''],
      ].join('\n'),
    );
    const { code, out, err } = await darkroom(['pipelines', '--config', 'darkroom.yaml'], {
      cwd: folder.path,
    });
    expect([code, out]).toEqual([2, '']);
    expect(shown).toMatch(/qualty is not an option/);
    expect(err.startsWith(shown), err).toBe(true);
    expect(err).not.toMatch(STACK);
  });
}, 60_000);

describe('the examples of docs/configuration.md', () => {
  const json = async (file: string, cwd: string) => {
    const { code, out, err } = await darkroom(['pipelines', '--config', file, '--json'], { cwd });
    expect([code, err]).toEqual([0, '']);
    return JSON.parse(out);
  };

  it('are examples/darkroom.yaml, and the same in TypeScript, which finds defineConfig from anywhere', async () => {
    const [yaml] = blocks('yaml');
    const [typescript = ''] = blocks('ts');
    expect(yaml).toBe(readFileSync(example, 'utf8'));
    folder.write('package.json', '{ "type": "module" }');
    folder.write('darkroom.ts', typescript);
    const [fromYaml, fromTypescript] = await Promise.all([
      json(example, folder.path),
      json('darkroom.ts', folder.path),
    ]);
    expect(fromYaml.map(({ name }: { name: string }) => name)).toEqual(['shop', 'avatars', 'archive']);
    expect(fromTypescript).toEqual(fromYaml);
  });

  it('have steps of which each kind is allowed', async () => {
    const [, steps = ''] = blocks('yaml');
    const own = new ConfigFolder();
    own.write('straighten.mjs', 'export default async () => {};');
    own.write('detect.py', '#!/usr/bin/env python3', 0o755);
    own.write('steps.yaml', steps.replaceAll('./steps/', './'));
    const [pipeline] = await json('steps.yaml', own.path).finally(() => own.remove());
    expect(pipeline.steps.map(({ step }: { step: string }) => step)).toEqual(['module', 'command', 'http']);
  });
}, 60_000);

describe('other commands', () => {
  it('start tells mistakes of the environment and of the file in one message', async () => {
    folder.write('bad.yaml', 'pipelines: { a: { version: 0 } }');
    const { code, err } = await darkroom(['start', '--config', 'bad.yaml'], {
      cwd: folder.path,
      env: { WORKERS: 'many', KAFKA_BROKERS: 'b:9092', SCHEMA_REGISTRY_URL: 'http://r', S3_BUCKET: 'images' },
    });
    expect(code).toBe(2);
    expect(err).toContain('the environment and bad.yaml have 3 problems:');
    expect(err).toContain('  - WORKERS must be an integer in [1, 256], got "many"');
    expect(err).toContain('  - bad.yaml:1:28: pipelines.a.version must be an integer in [1, 2147483647]');
    expect(err).toContain('  - bad.yaml:1:17: pipelines.a.renditions is missing');
    expect(err).not.toMatch(STACK);
  });

  it('start refuses a file of another kind', async () => {
    const { code, err } = await darkroom(['start', '--config', 'darkroom.toml']);
    expect(code).toBe(2);
    expect(err).toContain(
      'DARKROOM_CONFIG must be the path of a .yaml, .yml, .json, .ts, .mts, .mjs or .js file, got "darkroom.toml"',
    );
  });

  it('try develops with the default pipeline of a file, or with the one that is named', async () => {
    const named = async (...args: string[]) => {
      const { out } = await darkroom(['try', 'a.jpg', '--json', '--out', 'out', ...args], {
        cwd: folder.path,
        env: { DARKROOM_CONFIG: 'two.yaml' },
      });
      return JSON.parse(out).renditions.map(({ name, width }: { name: string; width: number }) => [
        name,
        width,
      ]);
    };
    expect(await named()).toEqual([['card', 100]]);
    expect(await named('--pipeline', 'avatars')).toEqual([['small', 16]]);
  });

  it('try names the pipelines there are when the one asked for is none', async () => {
    const { code, err } = await darkroom(['try', 'a.jpg', '--config', 'two.yaml', '--pipeline', 'avatar'], {
      cwd: folder.path,
    });
    expect(code).toBe(2);
    expect(err).toContain('there is no pipeline "avatar"; did you mean avatars?');
  });

  it('policies set warns of a pipeline that the configuration has not, where there is one', async () => {
    const DARKROOM_CONFIG = join(folder.path, 'two.yaml');
    expect(await pipelineWarning('archive', { DARKROOM_CONFIG })).toBe(
      `in ${DARKROOM_CONFIG} there is no pipeline "archive"; known are shop, avatars. The policy is set all the same; where ` +
        "the service has no such pipeline, the customer's images fail with PIPELINE_UNKNOWN",
    );
    expect(await pipelineWarning('avatars', { DARKROOM_CONFIG })).toBeUndefined();
    expect(await pipelineWarning(undefined, { DARKROOM_CONFIG })).toBeUndefined();
    expect(await pipelineWarning('archive', {})).toBeUndefined();
  });
}, 60_000);
