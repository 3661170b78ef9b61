import { afterAll, describe, expect, it } from 'vitest';
import { ConfigFolder } from './config-folder.ts';

const folder = new ConfigFolder();
afterAll(() => folder.remove());

const RENDITION = 'pipelines.shop.renditions.thumb';
/** The problems of a rendition that is written so, in YAML's flow style. */
const ofRendition = async (options: string) =>
  (await folder.problems(`pipelines: { shop: { version: 1, renditions: { thumb: { ${options} } } } }`)).map(
    (problem) => problem.replace(/^darkroom\.yaml:1:\d+: /, ''),
  );
/** … and of a step. */
const ofStep = async (options: string, env?: Record<string, string>) =>
  (
    await folder.problems(
      `pipelines: { shop: { version: 1, steps: [{ ${options} }], renditions: { thumb: {} } } }`,
      undefined,
      env,
    )
  ).map((problem) => problem.replace(/^darkroom\.yaml:1:\d+: /, ''));

describe('a mistake in a rendition', () => {
  it.each([
    [
      'quality: 140',
      'quality must be a number in [1, 100], { similarity } between 0 and 1, or { maxBytes } in [1KiB, 64MiB] (the tables of a JPEG alone take more than 600 bytes), got 140',
    ],
    [
      'quality: { similarity: 1 }',
      'quality must be a number in [1, 100], { similarity } between 0 and 1, or { maxBytes } in [1KiB, 64MiB] (the tables of a JPEG alone take more than 600 bytes), got {"similarity":1}',
    ],
    [
      'quality: { maxBytes: 200KB }',
      'quality must be a number in [1, 100], { similarity } between 0 and 1, or { maxBytes } in [1KiB, 64MiB] (the tables of a JPEG alone take more than 600 bytes), got {"maxBytes":"200KB"}',
    ],
    ['width: 0', 'width must be an integer in [1, 16383] (WebP knows no longer side), got 0'],
    ['height: 99.5', 'height must be an integer in [1, 16383] (WebP knows no longer side), got 99.5'],
    [
      'width: 10, height: 10, fit: kover',
      'fit must be one of inside, cover, contain, fill, got "kover"; did you mean cover?',
    ],
    [
      'width: 10, fit: cover',
      'fit needs both width and height: without a box there is nothing to cover, got "cover"',
    ],
    ['enlarge: true', 'enlarge would do nothing: neither width nor height is set'],
    ['enlarge: yes', 'enlarge must be true or false, got "yes"'],
    [
      'position: attention',
      'position would do nothing: fit is inside, and only cover and contain have a position',
    ],
    [
      'width: 1, height: 1, fit: contain, position: focal',
      'position must be one of centre, north, northeast, east, southeast, south, southwest, west, northwest for a fit of contain, got "focal"',
    ],
    [
      'background: red',
      'background must be a colour, "#rrggbb" or "#rrggbbaa" (in quotes: YAML takes # for the beginning of a comment), got "red"',
    ],
    ['format: jpg', 'format must be one of jpeg, png, webp, avif, gif, auto, keep, best, got "jpg"'],
    ['trim: 10', 'trim must be a mapping of options, got 10'],
    ['trim: { threshold: 256 }', 'trim.threshold must be a number in [0, 255], got 256'],
    ['trim: {}', 'trim.threshold is missing; it must be a number in [0, 255]'],
    ['rotate: 361', 'rotate must be a number in [-360, 360], got 361'],
    [
      'blur: 0.1',
      'blur must be a number in [0.3, 250] (above, libvips takes seconds a picture, and nothing is left of it), got 0.1',
    ],
    [
      'watermark: { text: "  " }',
      'watermark.text must be a text of 1 to 200 characters, not all of them blank, got "  "',
    ],
    ['sharpen: 11', 'sharpen must be a number in [0.1, 10] (the bounds of sharp), got 11'],
    ['frames: 1', 'frames must be one of all, first, got 1'],
    ['pad: { top: -1 }', 'pad.top must be an integer in [0, 16383], got -1'],
    ['pad: { above: 1 }', 'pad.above is not an option; known are top, right, bottom, left'],
    ['progresive: true', 'progresive is not an option; did you mean progressive?'],
    ['watermark: { text: a, image: darkroom.yaml }', 'watermark must have either image or text'],
    ['watermark: {}', 'watermark must have either image or text'],
    ['watermark: { text: a, opacity: 2 }', 'watermark.opacity must be a number in [0, 1], got 2'],
    [
      'watermark: { image: darkroom.yaml, font: sans }',
      'watermark.font would do nothing: an image has no words',
    ],
    [
      'watermark: { image: darkroom.yaml, colour: "#ffffff" }',
      'watermark.colour would do nothing: an image has its own',
    ],
    [
      'watermark: { text: a, scale: 0 }',
      'watermark.scale must be a number in [0.01, 1] (a smaller one would not be seen), got 0',
    ],
  ])('%s', async (options, problem) => {
    expect(await ofRendition(options)).toEqual([`${RENDITION}.${problem}`]);
  });

  it('names the file that a watermark has not', async () => {
    expect(await ofRendition('watermark: { image: ./logo.png }')).toEqual([
      `${RENDITION}.watermark.image must be the path of an image file: there is none, got "./logo.png", which is logo.png`,
    ]);
  });
});

it('a pipeline or rendition with a wrong name is looked into all the same', async () => {
  const problems = await folder.problems(
    'pipelines:\n  Shop Big:\n    version: 0\n    renditions: { A B: { widht: 10, fit: covr } }\n',
  );
  expect(problems.map((problem) => problem.replace(/^.*?pipelines/, 'pipelines'))).toEqual([
    expect.stringContaining('pipelines["Shop Big"] has a wrong name'),
    expect.stringContaining('pipelines["Shop Big"].version must be'),
    expect.stringContaining('pipelines["Shop Big"].renditions["A B"] has a wrong name'),
    expect.stringContaining('fit must be one of'),
    expect.stringContaining('widht is not an option'),
  ]);
});

describe('a mistake in a step', () => {
  const STEP = 'pipelines.shop.steps[0]';
  it.each([
    [
      'step: modul',
      ' must be a mapping whose "step" is one of module, command, http, lambda, got {"step":"modul"}',
    ],
    ['step: module', '.path is missing; it must be the path of an ES module'],
    [
      'step: module, path: darkroom.yaml, argz: []',
      '.argz is not an option; known are step, name, path, timeout, memory, maxOutput',
    ],
    ['step: module, path: darkroom.yaml, timout: 1s', '.timout is not an option; did you mean timeout?'],
    [
      'step: module, path: darkroom.yaml, timeout: 30',
      '.timeout must be a duration in [10ms, 15m], written with ms, s, m or h (a Lambda runs for at most 15m), got 30',
    ],
    [
      'step: module, path: darkroom.yaml, timeout: 1ms',
      '.timeout must be a duration in [10ms, 15m], written with ms, s, m or h (a Lambda runs for at most 15m), got "1ms"',
    ],
    [
      'step: module, path: darkroom.yaml, memory: 1MiB',
      '.memory must be a size in [16MiB, 64GiB], written with B, KiB, MiB or GiB (an interpreter alone takes close to 16MiB), got "1MiB"',
    ],
    [
      'step: module, path: darkroom.yaml, maxOutput: 3GiB',
      '.maxOutput must be a size in [1KiB, 2GiB], written with B, KiB, MiB or GiB (a Buffer of Node is to hold it), got "3GiB"',
    ],
    [
      'step: module, path: darkroom.yaml, name: "a b"',
      '.name must be 1 to 60 of letters, digits, ".", "_" and "-", got "a b"',
    ],
    [
      'step: module, path: .',
      '.path must be the path of an ES module: it is no file, got ".", which is FOLDER',
    ],
    [
      'step: command, path: ./none',
      '.path must be the path of an executable file: there is none, got "./none", which is none',
    ],
    [
      'step: command, path: darkroom.yaml',
      '.path must be the path of an executable file: it may not be executed (chmod +x), got "darkroom.yaml", which is darkroom.yaml',
    ],
    [
      'step: http, url: ftp://a',
      '.url must be an http:// or https:// address without user and password (secrets go into secretHeaders), got what is not shown',
    ],
    [
      'step: http, url: "https://me:secret@a"',
      '.url must be an http:// or https:// address without user and password (secrets go into secretHeaders), got what is not shown',
    ],
    [
      'step: http, url: "https://a", input: jpg',
      '.input must be one of png, jpeg, webp, original, got "jpg"',
    ],
    [
      'step: http, url: "https://a", headers: { a b: c }',
      '.headers must be texts by header (of printable ASCII: a header holds nothing else), got what is not shown',
    ],
    [
      'step: http, url: "https://a", headers: { x-model: größer }',
      '.headers must be texts by header (of printable ASCII: a header holds nothing else), got what is not shown',
    ],
    [
      'step: http, url: "https://a", headers: { Content-Type: text/x }',
      '.headers.Content-Type is a header that Darkroom sets itself: leave it out',
    ],
    [
      'step: http, url: "https://a", headers: { X-Darkroom-Width: "9" }',
      '.headers.X-Darkroom-Width is a header that Darkroom sets itself: leave it out',
    ],
    [
      'step: http, url: "https://a", headers: { x-model: a, X-Model: b }',
      '.headers.X-Model is the same header as headers.x-model: names differ in more than case',
    ],
    [
      'step: http, url: "https://a", secretHeaders: { authorization: FACE_TOKEN }',
      '.secretHeaders.authorization names a variable that is not set: FACE_TOKEN',
    ],
    [
      'step: lambda, functionName: a b',
      '.functionName must be the name or ARN of a function of AWS Lambda, got "a b"',
    ],
  ])('%s', async (options, problem) => {
    const found = (await ofStep(options)).map((text) => text.replace(folder.path, 'FOLDER'));
    expect(found).toEqual([`${STEP}${problem}`]);
  });

  it('in a secret header that stands among the others too', async () => {
    const headers = 'headers: { authorization: a }, secretHeaders: { Authorization: FACE_TOKEN }';
    expect(await ofStep(`step: http, url: "https://a", ${headers}`, { FACE_TOKEN: 'hidden' })).toEqual([
      `${STEP}.secretHeaders.Authorization is the same header as headers.authorization: names differ in more than case`,
    ]);
  });

  it('is none where the variable of a secret header is set', async () => {
    const step = 'step: http, url: "https://a", secretHeaders: { authorization: FACE_TOKEN }';
    expect(await ofStep(step, { FACE_TOKEN: 'hidden' })).toEqual([]);
  });
});

describe('a mistake in the file', () => {
  it.each([
    ['', ' the file must be a mapping of options, got null'],
    ['- 1', '1:1: the file must be a mapping of options, got [1]'],
    ['{}', '1:1: pipelines is missing; it must be pipelines by name'],
    [
      'pipelines: {}',
      '1:12: pipelines must hold 1 to 100 pipelines (each worker process is given all of them)',
    ],
    [
      'pipelines: { a: { renditions: { t: {} } } }',
      '1:17: pipelines.a.version is missing; it must be an integer in [1, 2147483647] (what an Avro int holds)',
    ],
    [
      'pipelines: { a: { version: 0, renditions: { t: {} } } }',
      '1:28: pipelines.a.version must be an integer in [1, 2147483647] (what an Avro int holds), got 0',
    ],
    [
      'pipelines: { a: { version: 1 } }',
      '1:17: pipelines.a.renditions is missing; it must be renditions by name, or a list of them',
    ],
    [
      'pipelines: { a: { version: 1, renditions: 3 } }',
      '1:43: pipelines.a.renditions must be renditions by name, or a list of them, got 3',
    ],
    [
      'pipelines: { a: { version: 1, renditions: [] } }',
      "1:43: pipelines.a.renditions must hold 1 to 64 renditions (all of an image's are held in memory until they are stored)",
    ],
    [
      'pipelines: { a: { version: 1, renditions: [{ width: 3 }] } }',
      '1:44: pipelines.a.renditions[0].name is missing; it must be lower-case letters, digits and "-", at most 64, and begin with a letter or digit',
    ],
    [
      'pipelines: { a: { version: 1, renditions: [{ name: t }, { name: t }] } }',
      '1:65: pipelines.a.renditions[1].name must differ from the names of the others, got "t"',
    ],
    [
      'pipelines: { a: { version: 1, renditions: { Thumb: {} } } }',
      '1:45: pipelines.a.renditions.Thumb has a wrong name: it must be lower-case letters, digits and "-", at most 64, and begin with a letter or digit',
    ],
    [
      'pipelines: { "a b": { version: 1, renditions: { t: {} } } }',
      '1:14: pipelines["a b"] has a wrong name: it must be lower-case letters, digits and "-", at most 64, and begin with a letter or digit',
    ],
    [
      'pipelines: { a: { version: 1, renditions: { t: {} } }, b: { version: 1, renditions: { t: {} } } }',
      '1:1: defaultPipeline is missing; with several pipelines it must be one of a, b',
    ],
    [
      'pipelines: { avatars: { version: 1, renditions: { t: {} } } }\ndefaultPipeline: avatar',
      '2:18: defaultPipeline must be one of avatars, got "avatar"; did you mean avatars?',
    ],
    [
      'pipelines: { a: { version: 1, renditions: { t: {} } } }\nstreem: {}',
      '2:1: streem is not an option; known are $schema, pipelines, defaultPipeline',
    ],
  ])('%s', async (content, problem) => {
    expect(await folder.problems(content)).toEqual([`darkroom.yaml:${problem}`]);
  });

  it('is told with all the others, each at its line and column', async () => {
    const content = `pipelines:
  shop:
    version: one
    steps:
      - { step: module, path: ./none.mjs }
    renditions:
      thumb: &thumb
        width: 100
        qualty: 90
      other:
        <<: *thumb
        fit: cover
defaultPipeline: shp
`;
    expect(await folder.problems(content)).toEqual([
      'darkroom.yaml:3:14: pipelines.shop.version must be an integer in [1, 2147483647] (what an Avro int holds), got "one"',
      'darkroom.yaml:9:9: pipelines.shop.renditions.thumb.qualty is not an option; did you mean quality?',
      'darkroom.yaml:11:9: pipelines.shop.renditions.other.qualty is not an option; did you mean quality?',
      'darkroom.yaml:12:14: pipelines.shop.renditions.other.fit needs both width and height: without a box there is nothing to cover, got "cover"',
      'darkroom.yaml:13:18: defaultPipeline must be one of shop, got "shp"',
      'darkroom.yaml:5:31: pipelines.shop.steps[0].path must be the path of an ES module: there is none, got "./none.mjs", which is none.mjs',
    ]);
  });

  it('in the YAML itself has its place too', async () => {
    expect(await folder.problems('pipelines:\n  a: 1\n  a: 2\n')).toEqual([
      'darkroom.yaml:3:3: Map keys must be unique',
    ]);
    const [problem] = await folder.problems('pipelines: {');
    expect(problem).toMatch(/^darkroom\.yaml:1:\d+: Flow map in block collection/);
  });

  it('has its line in JSON as well, and none in JavaScript', async () => {
    const content = '{\n  "pipelines": { "a": { "version": 0, "renditions": { "t": {} } } }\n}';
    const problem =
      'pipelines.a.version must be an integer in [1, 2147483647] (what an Avro int holds), got 0';
    expect(await folder.problems(content, 'darkroom.json')).toEqual([`darkroom.json:2:36: ${problem}`]);
    expect(await folder.problems(`export default ${content}`, 'bad.mjs')).toEqual([`bad.mjs: ${problem}`]);
  });

  it('is that a module exports nothing, or throws', async () => {
    expect(await folder.problems('export const config = {};', 'named.mjs')).toEqual([
      'named.mjs has no default export; it must be as in export default defineConfig({ … })',
    ]);
    expect(await folder.problems("throw new Error('no token\\nat all');", 'throws.mjs')).toEqual([
      'throws.mjs cannot be read: no token',
    ]);
  });

  it('is that there is no such file', async () => {
    const { configFileOf } = await import('../../../../src/config/file/read-config.ts');
    const read = await configFileOf({ DARKROOM_CONFIG: '/none/darkroom.yaml' }, { withSecrets: true });
    expect(read?.problems).toEqual([
      "/none/darkroom.yaml cannot be read: ENOENT: no such file or directory, open '/none/darkroom.yaml'",
    ]);
  });

  it('is that more is configured than a worker process can be given', async () => {
    const text = 'x'.repeat(180);
    const renditions = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [`r${index}`, { watermark: { text } }]),
    );
    const pipelines = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [name, { version: 1, renditions }]),
    );
    const content = JSON.stringify({ defaultPipeline: 'a', pipelines });
    const [problem, ...more] = await folder.problems(content, 'large.json');
    expect(more).toEqual([]);
    expect(problem).toMatch(
      /^large\.json: pipelines must take at most 98304 bytes as JSON with all defaults .* got \d{6}$/,
    );
  });
});
