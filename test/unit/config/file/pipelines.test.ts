import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RENDITION_DEFAULTS } from '../../../../src/processors/pipeline.ts';
import { ConfigFolder } from './config-folder.ts';

const folder = new ConfigFolder();
beforeAll(() => {
  folder.write('step.mjs', 'export default async () => {};');
  folder.write('logo.png', 'a logo');
  folder.write('detect.py', '#!/usr/bin/env python3', 0o755);
});
afterAll(() => folder.remove());

const pipelinesOf = async (content: string, file?: string) => {
  const { pipelines, problems } = await folder.read(content, file);
  expect(problems).toEqual([]);
  return pipelines ?? [];
};

describe('a configuration file', () => {
  it('says every option of a rendition, in units of people outside and numbers inside', async () => {
    const [shop] = await pipelinesOf(`
pipelines:
  shop:
    version: 3
    renditions:
      full:
        width: 200
        height: 100
        fit: cover
        position: focal
        enlarge: true
        background: "#11223344"
        format: best
        quality: { maxBytes: 200KiB }
        trim: { threshold: 10 }
        rotate: -90
        flip: true
        flop: true
        grayscale: true
        blur: 0.5
        sharpen: 1
        watermark: { image: logo.png, position: north, opacity: 1, scale: 0.5, margin: 0, tiled: true }
        pad: { top: 1, left: 2 }
        frames: first
        progressive: true
        keepIcc: true
        keepCopyright: true
      alike: { quality: { similarity: 0.98 } }
      said: { watermark: { text: © Shop } }
`);
    expect(shop).toEqual({
      name: 'shop',
      version: 3,
      steps: [],
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      renditions: [
        {
          name: 'full',
          widthPx: 200,
          heightPx: 100,
          fit: 'cover',
          position: 'focal',
          enlarge: true,
          background: '#11223344',
          format: 'best',
          quality: { maxBytes: 200 * 1024 },
          trim: { threshold: 10 },
          rotate: -90,
          flip: true,
          flop: true,
          grayscale: true,
          blur: 0.5,
          sharpen: 1,
          watermark: {
            image: `${folder.path}/logo.png`,
            position: 'north',
            opacity: 1,
            scale: 0.5,
            marginPx: 0,
            tiled: true,
          },
          pad: { topPx: 1, rightPx: 0, bottomPx: 0, leftPx: 2 },
          frames: 'first',
          progressive: true,
          keepIcc: true,
          keepCopyright: true,
        },
        { ...RENDITION_DEFAULTS, name: 'alike', quality: { similarity: 0.98 } },
        {
          ...RENDITION_DEFAULTS,
          name: 'said',
          watermark: {
            text: '© Shop',
            colour: '#ffffff',
            font: 'sans-serif',
            position: 'southeast',
            opacity: 0.5,
            scale: 0.2,
            marginPx: 16,
            tiled: false,
          },
        },
      ],
    });
  });

  it('says steps of every kind, with files from its own folder', async () => {
    const [shop] = await pipelinesOf(`
pipelines:
  shop:
    version: 1
    steps:
      - { step: module, path: ./step.mjs, timeout: 5s, memory: 128MiB, maxOutput: 1048576 }
      - { step: command, name: detect, path: detect.py, args: [--fast], input: jpeg }
      - { step: http, url: "https://faces.example/v1", headers: { accept: image/png }, timeout: 1.5s }
      - { step: lambda, functionName: "faces:live" }
    renditions: { t: {} }
`);
    expect(shop?.steps).toEqual([
      {
        step: 'module',
        path: `${folder.path}/step.mjs`,
        limits: { timeoutMs: 5_000, memoryBytes: 128 * 1024 ** 2, maxOutputBytes: 1_048_576 },
      },
      { step: 'command', name: 'detect', path: `${folder.path}/detect.py`, args: ['--fast'], input: 'jpeg' },
      {
        step: 'http',
        url: 'https://faces.example/v1',
        headers: { accept: 'image/png' },
        limits: { timeoutMs: 1_500 },
      },
      { step: 'lambda', functionName: 'faces:live' },
    ]);
  });

  it('has its default pipeline first, and may list renditions in an order', async () => {
    const pipelines = await pipelinesOf(`
defaultPipeline: b
pipelines:
  a: { version: 1, renditions: [{ name: "2", width: 2 }, { name: "1", width: 1 }] }
  b: { version: 1, renditions: { t: {} } }
`);
    expect(pipelines.map(({ name }) => name)).toEqual(['b', 'a']);
    expect(pipelines[1]?.renditions.map(({ name }) => name)).toEqual(['2', '1']);
  });

  it('may be JSON or a module, with the same meaning', async () => {
    const content = '{ "pipelines": { "a": { "version": 1, "renditions": { "t": { "width": 9 } } } } }';
    const [yaml, json, module] = await Promise.all([
      pipelinesOf(content),
      pipelinesOf(content, 'darkroom.json'),
      pipelinesOf(`export default ${content}`, 'darkroom.mjs'),
    ]);
    expect(json).toEqual(yaml);
    expect(module).toEqual(yaml);
  });
});

describe("a pipeline's fingerprint", () => {
  const WITH_FILES = (options: string, step: string) =>
    `pipelines: { a: { version: 1, steps: [{ step: module, path: step.mjs${step} }], renditions: { t: { watermark: { image: logo.png }${options} } } } }`;
  const print = async (options = '', step = '') =>
    (await pipelinesOf(WITH_FILES(options, step)))[0]?.fingerprint;

  it('changes with everything that changes bytes, under one version', async () => {
    const before = await print();
    const prints = [before, await print(', width: 9'), await print(', quality: 79')];
    folder.write('logo.png', 'another logo');
    prints.push(await print());
    folder.write('step.mjs', 'export default async () => null;');
    prints.push(await print());
    expect(new Set(prints).size).toBe(5);
  });

  it('stays with the order of options, with limits, with names of steps, and in another folder', async () => {
    const before = await print(', width: 9, blur: 3');
    expect(await print(', blur: 3, width: 9')).toBe(before);
    expect(await print(', quality: 80, blur: 3, width: 9', ', timeout: 5s, name: mine')).toBe(before);
    const elsewhere = new ConfigFolder();
    elsewhere.write('logo.png', 'another logo');
    elsewhere.write('step.mjs', 'export default async () => null;');
    const { pipelines } = await elsewhere.read(WITH_FILES(', width: 9, blur: 3', ''));
    elsewhere.remove();
    expect(pipelines?.[0].fingerprint).toBe(before);
  });
});
