import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/processors/guard/guard.ts';
import { createDarkroom } from '../../../src/processors/isolation/isolation.ts';
import { STANDARD_PIPELINE } from '../../../src/processors/pipeline.ts';
import type { Darkroom } from '../../../src/processors/types.ts';

const DEADLINE_MS = 4_000;
const folder = mkdtempSync(join(tmpdir(), 'svg-test-'));
const fetched: string[] = [];
let server: Server;
let address = '';
let room: Darkroom;

beforeAll(async () => {
  const red = await sharp({ create: { width: 50, height: 50, channels: 3, background: '#f00' } })
    .png()
    .toBuffer();
  writeFileSync(join(folder, 'red.png'), red);
  writeFileSync(join(folder, 'words.txt'), 'words of the disk');
  server = createServer((request, response) => {
    fetched.push(request.url ?? '');
    response.end(red);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  address = typeof bound === 'object' && bound ? `http://127.0.0.1:${bound.port}` : '';
  room = createDarkroom({
    workers: 1,
    deadlineMs: DEADLINE_MS,
    workerMemoryBytes: 1024 ** 3,
    limits: { ...DEFAULT_LIMITS, formats: [...DEFAULT_LIMITS.formats, 'svg'] },
    pipelines: [STANDARD_PIPELINE],
  });
});
afterAll(async () => {
  await room.close();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const svg = (content: string, head = '', size = 'width="50" height="50"') =>
  Buffer.from(
    `${head}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${size}>${content}</svg>`,
  );
const develop = (bytes: Buffer) => room.develop(bytes, {});

/** Level of red, and opacity, of the picture's middle. */
async function middle(bytes: Buffer): Promise<(number | undefined)[]> {
  const result = await develop(bytes);
  if (result.outcome !== 'processed') throw new Error(`${result.code}: ${result.reason}`);
  const { data, info } = await sharp(result.renditions[0]?.body)
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = ((info.height >> 1) * info.width + (info.width >> 1)) * 4;
  return [data[at], data[at + 3]];
}

describe('a drawing', () => {
  it('is drawn when SVG is allowed, and see-through where nothing is', async () => {
    const [red = 0, alpha] = await middle(svg('<circle cx="25" cy="25" r="20" fill="#f00"/>'));
    expect([red > 240, alpha]).toEqual([true, 255]);
    expect(await middle(svg('<circle cx="2" cy="2" r="2"/>'))).toEqual([expect.any(Number), 0]);
  });

  it('is rendered at the size needed: 49 megapixels take the memory of one', async () => {
    const tight = createDarkroom({
      workers: 1,
      deadlineMs: 20_000,
      // A picture of 7000 × 7000 alone has 187 MiB; a worker at rest some 90.
      workerMemoryBytes: 200 * 1024 * 1024,
      limits: { ...DEFAULT_LIMITS, formats: ['svg'] },
      pipelines: [STANDARD_PIPELINE],
    });
    try {
      const bytes = svg('<circle cx="3500" cy="3500" r="3000"/>', '', 'width="7000" height="7000"');
      const result = await tight.develop(bytes, {});
      expect(result).toMatchObject({
        outcome: 'processed',
        facts: { format: 'svg', width: 7000, height: 7000 },
      });
    } finally {
      await tight.close();
    }
  }, 30_000);

  it.each([
    ['pixels', 'width="8000" height="8000"', 'IMAGE_TOO_MANY_PIXELS'],
    ['a side', 'width="70000" height="1"', 'IMAGE_SIDE_TOO_LONG'],
    ['a side past 32 bits', 'width="1e10" height="1e10"', 'IMAGE_SIDE_TOO_LONG'],
    ['a side in its view box', 'viewBox="0 0 1000000000 9"', 'IMAGE_SIDE_TOO_LONG'],
    ['a side in inches', 'width="999in" height="1in"', 'IMAGE_SIDE_TOO_LONG'],
    ['no size', '', 'IMAGE_CORRUPT'],
    ['a negative size', 'width="-9" height="-9"', 'IMAGE_CORRUPT'],
  ])('is held to the limits by the size that it declares: %s', async (_what, size, code) => {
    expect(await develop(svg('', '', size))).toMatchObject({ outcome: 'rejected', code });
  });

  it.each([
    [
      'a web font',
      () =>
        svg(
          `<style>@font-face{font-family:x;src:url(${address}/f.woff)}</style><text font-family="x" y="9">a</text>`,
        ),
    ],
    [
      'what it uses',
      () => svg(`<use href="${address}/b.svg#x"/><use xlink:href="file://${folder}/b.svg#x"/>`),
    ],
    [
      'a pattern and a marker',
      () =>
        svg(
          `<rect width="50" height="50" style="fill:url(${address}/p.svg#p)"/><path d="M0 0L9 9" marker-end="url(${address}/m.svg#m)"/>`,
        ),
    ],
    [
      'a filter and a mask',
      () =>
        svg(
          `<g filter="url(${address}/f.svg#f)" mask="url(${address}/m.svg#m)"><rect width="9" height="9"/></g>`,
        ),
    ],
    [
      'a page',
      () =>
        svg(
          `<foreignObject width="50" height="50"><img xmlns="http://www.w3.org/1999/xhtml" src="${address}/d.png"/><iframe xmlns="http://www.w3.org/1999/xhtml" src="file://${folder}/words.txt"/></foreignObject>`,
        ),
    ],
    ['a script', () => svg(`<script href="${address}/s.js"/><script>fetch("${address}/t")</script>`)],
    [
      'a document type',
      () => svg('', `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "${address}/svg.dtd">`),
    ],
  ])('does not fetch %s, and is drawn without it', async (_what, bytes) => {
    expect(await middle(bytes())).toEqual([expect.any(Number), 0]);
    expect(fetched).toEqual([]);
  });

  it.each([
    ['a picture of the web', () => svg(`<image width="50" height="50" href="${address}/a.png"/>`)],
    [
      'a picture of the disk',
      () => svg(`<image width="50" height="50" xlink:href="file://${folder}/red.png"/>`),
    ],
    ['a picture in itself', () => svg('<image width="50" height="50" href="data:image/png;base64,AAAA"/>')],
    [
      'a picture by a prefix',
      () =>
        Buffer.from(
          '<s:svg xmlns:s="http://www.w3.org/2000/svg" width="9" height="9"><s:image href="data:,"/></s:svg>',
        ),
    ],
    ['a picture in a filter', () => svg(`<filter id="f"><feImage href="${address}/e.png"/></filter>`)],
    ['a style sheet', () => svg(`<style>@import url("${address}/c.css");</style>`)],
    [
      'a style sheet by instruction',
      () => svg('', `<?xml version="1.0"?><?xml-stylesheet href="${address}/s.css"?>`),
    ],
    [
      'an included text',
      () =>
        svg(
          `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://${folder}/words.txt" parse="text"/>`,
        ),
    ],
    [
      'an entity of the disk',
      () =>
        svg('<text y="20">&x;</text>', `<!DOCTYPE svg [<!ENTITY x SYSTEM "file://${folder}/words.txt">]>`),
    ],
    [
      'an entity of the web',
      () => svg('<text y="20">&x;</text>', `<!DOCTYPE svg [<!ENTITY x SYSTEM "${address}/x">]>`),
    ],
    ['a billion laughs', () => svg('<text>&j;</text>', laughs())],
    ['an encoding that hides it', () => svg('+ADw-image/+AD4-', '<?xml version="1.0" encoding="UTF-7"?>')],
  ])('is refused with %s, and nothing is fetched', async (_what, bytes) => {
    expect(await develop(bytes())).toMatchObject({ outcome: 'rejected', code: 'SVG_NOT_SELF_CONTAINED' });
    expect(fetched).toEqual([]);
  });

  it('is refused with too many elements, and corrupt when they are too deep', async () => {
    expect(await develop(svg('<rect/>'.repeat(20_001)))).toMatchObject({ code: 'SVG_TOO_COMPLEX' });
    expect(await develop(svg('<g>'.repeat(5000) + '</g>'.repeat(5000)))).toMatchObject({
      code: 'IMAGE_CORRUPT',
    });
  });

  it('that multiplies itself by use ends at the deadline, and the next one is drawn', async () => {
    const doubled = Array.from(
      { length: 25 },
      (_, i) => `<g id="a${i + 1}"><use href="#a${i}"/><use href="#a${i}"/></g>`,
    );
    // librsvg itself refuses it after 500,000 uses, so each must cost enough that the deadline comes long before
    const leaf =
      '<circle id="a0" cx="25" cy="25" r="24" stroke="#f00" stroke-dasharray="0.4" opacity="0.5"/>';
    const startedMs = performance.now();
    const result = await develop(svg(`${leaf}${doubled.join('')}`));
    expect(result).toMatchObject({ outcome: 'failed', code: 'WORKER_TIMEOUT' });
    expect(performance.now() - startedMs).toBeLessThan(DEADLINE_MS + 8_000);
    expect(await develop(svg('<rect width="9" height="9"/>'))).toMatchObject({ outcome: 'processed' });
  }, 30_000);

  it('is refused where SVG is not allowed, which is the default', async () => {
    const strict = createDarkroom({
      workers: 1,
      deadlineMs: 9_000,
      workerMemoryBytes: 1024 ** 3,
      limits: DEFAULT_LIMITS,
      pipelines: [STANDARD_PIPELINE],
    });
    expect(await strict.develop(svg(''), {})).toMatchObject({
      outcome: 'rejected',
      code: 'FORMAT_NOT_ALLOWED',
    });
    await strict.close();
  });
});

function laughs(): string {
  const names = [...'abcdefghij'];
  const entities = names.slice(1).map((name, i) => `<!ENTITY ${name} "${`&${names[i]};`.repeat(10)}">`);
  return `<!DOCTYPE svg [<!ENTITY a "ha ha ha ha">${entities.join('')}]>`;
}
