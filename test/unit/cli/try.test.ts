import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHostiles } from '../../../dev/samples/hostile/index.ts';
import { darkroom } from './command-line.ts';

let folder = '';
const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#c63' } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-try-'));
  await mkdir(join(folder, 'in', 'deep'), { recursive: true });
  await picture(800, 600)
    .jpeg()
    .toFile(join(folder, 'in', 'a.jpg'));
  await picture(300, 900)
    .png()
    .toFile(join(folder, 'in', 'deep', 'b <i>.png'));
  await writeFile(join(folder, 'in', 'c.txt'), 'no image');
  await writeFile(join(folder, 'in', 'd.jpg'), (await picture(800, 600).jpeg().toBuffer()).subarray(0, 900));
  await writeFile(join(folder, 'in', 'e.jpg'), '');
  await writeFile(
    join(folder, 'hang.mjs'),
    'export default async (image) => { if (image.info.width === 800) for (;;); };',
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('darkroom try', () => {
  it('prints one JSON line a file in their order, processed or rejected with a code, and ends with 0', async () => {
    const { code, out, err } = await darkroom(['try', 'in', '--json', '--out', 'out'], { cwd: folder });
    expect([code, err]).toEqual([0, '']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ file, outcome, code }) => [file, outcome, code])).toEqual([
      ['in/a.jpg', 'processed', null],
      ['in/c.txt', 'rejected', 'FORMAT_UNKNOWN'],
      ['in/d.jpg', 'rejected', 'IMAGE_CORRUPT'],
      ['in/deep/b <i>.png', 'processed', null],
      ['in/e.jpg', 'rejected', 'IMAGE_EMPTY'],
    ]);
    const [a] = lines;
    expect(a).toMatchObject({ type: 'jpeg', width: 800, height: 600, frames: 1, hasAlpha: false });
    expect(a).toMatchObject({ megapixels: 0.48, colourSpace: 'srgb', hasLocation: false, cameraMake: null });
    expect([a.dominantColour, a.palette[0]]).toEqual([a.palette[0], expect.stringMatching(/^#[\da-f]{6}$/)]);
    expect(a.perceptualHash).toMatch(/^[\da-f]{16}$/);
    expect(a.thumbHash).toMatch(/^[\w+/]{20,}=*$/);
    expect(lines[1]).toMatchObject({ megapixels: null, palette: null, thumbHash: null });
    expect(a.renditions.map(({ name }: { name: string }) => name)).toEqual(['large', 'medium', 'thumb']);
    for (const { path, bytes, width, contentType } of a.renditions) {
      const body = await readFile(join(folder, path));
      expect(body.length).toBe(bytes);
      const seen = await sharp(body).metadata();
      expect([seen.width, `image/${seen.format}`]).toEqual([width, contentType]);
    }
    expect(lines[1].deadLetter.headers['__streams.errors.exception']).toBe('FORMAT_UNKNOWN');
  });

  it('gives the same again on the same files, and a report of all of them that holds no markup of theirs', async () => {
    const first = await darkroom(['try', 'in', '--json', '--out', 'twice'], { cwd: folder });
    const second = await darkroom(['try', 'in', '--json', '--out', 'twice'], { cwd: folder });
    const paths = (out: string) => out.match(/"path":"[^"]+"/g);
    expect(second.code).toBe(0);
    expect(paths(second.out)).toEqual(paths(first.out));

    const report = await readFile(join(folder, 'twice', 'report.html'), 'utf8');
    expect(report.match(/<article/g)).toHaveLength(5);
    expect(report).toContain('b &lt;i&gt;.png');
    expect(report).not.toContain('<i>.png');
    expect(report).toMatch(/<img src="processed\/local\/[^"]+\/thumb\.jpg"/);
    expect(report).not.toMatch(/(src|href)="(https?:)?\/\//);
    for (const [, link] of report.matchAll(/href="([^"]+)"/g)) {
      expect(existsSync(join(folder, 'twice', decodeURIComponent(link ?? '')))).toBe(true);
    }
  });

  it('goes through a folder of hostile files, a line each, and ends with 0', async () => {
    const all = await makeHostiles(5);
    const some = all.filter(({ bytes }, i) => i % 8 === 0 && bytes.length < 1_000_000);
    await mkdir(join(folder, 'hostile'));
    for (const { name, bytes } of some) await writeFile(join(folder, 'hostile', name), bytes);
    const { code, out, err } = await darkroom(['try', 'hostile', '--json', '--out', 'hostile-out'], {
      cwd: folder,
    });
    expect([code, err]).toEqual([0, '']);
    const lines: { file: string; outcome: string; code: string | null }[] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(some.length).toBeGreaterThan(50);
    expect(lines.map(({ file }) => file).sort()).toEqual(some.map(({ name }) => `hostile/${name}`).sort());
    const ends = new Map(some.map(({ name, ends }) => [`hostile/${name}`, ends]));
    for (const { file, outcome, code } of lines) {
      expect(['processed', 'rejected']).toContain(outcome);
      expect(ends.get(file) ?? [code ?? outcome]).toContain(code ?? outcome);
    }
  });

  it('does not take its own renditions for images when it runs again', async () => {
    await mkdir(join(folder, 'own-results'));
    await copyFile(join(folder, 'in', 'a.jpg'), join(folder, 'own-results', 'a.jpg'));
    const run = () => darkroom(['try', '.', '--json'], { cwd: join(folder, 'own-results') });
    const files = ({ out }: { out: string }) =>
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).file);
    expect(files(await run())).toEqual(['a.jpg']);
    expect(existsSync(join(folder, 'own-results', 'darkroom-out', 'report.html'))).toBe(true);
    expect(files(await run())).toEqual(['a.jpg']);
  }, 60_000);

  it('takes a file once, by whatever way it is named', async () => {
    const { code, out } = await darkroom(['try', 'in/a.jpg', './in', 'in/a.jpg', '--json', '--out', 'out'], {
      cwd: folder,
    });
    const files = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).file);
    expect([code, files.sort()]).toEqual([
      0,
      ['in/a.jpg', 'in/c.txt', 'in/d.jpg', 'in/deep/b <i>.png', 'in/e.jpg'],
    ]);
  });

  it('shows names as they are written, on their line', async () => {
    const odd = join(folder, 'odd');
    await mkdir(odd);
    await picture(30, 20).png().toFile(join(odd, 'a\u001b[31m\n\u202eb.png'));
    const { code, out } = await darkroom(['try', 'odd', '--out', 'out'], { cwd: folder });
    expect(code).toBe(0);
    expect(out).toContain('odd/a\\x1b[31m\\x0a\\u202eb.png  png');
  });

  it('leaves no file out without a word: a name that is not UTF-8 ends it with 2', async () => {
    const names = join(folder, 'names');
    await mkdir(names);
    await writeFile(Buffer.concat([Buffer.from(join(names, 'bad')), Buffer.from([0xff, 0xfe])]), 'x');
    const { code, err } = await darkroom(['try', 'in', 'names', '--out', 'out'], { cwd: folder });
    expect([code, err]).toEqual([2, expect.stringContaining('its name is not UTF-8')]);
  });

  it('prints a table for people', async () => {
    const { out } = await darkroom(['try', 'in/a.jpg', 'in/c.txt', '--out', 'table'], { cwd: folder });
    expect(out).toMatch(/^✓ in\/a\.jpg {2}jpeg .*800×600 .*thumb 256×192$/m);
    expect(out).toMatch(/^✗ in\/c\.txt .*FORMAT_UNKNOWN/m);
    expect(out).toMatch(/1 processed, 1 rejected, 3 renditions in/);
  });

  it('ends with 1 when a plug-in hangs, and loses that image only', async () => {
    const { code, out, err } = await darkroom(
      ['try', 'in', '--json', '--out', 'plugged', '--plugin', 'hang.mjs'],
      { cwd: folder, env: { IMAGE_DEADLINE: '2s' } },
    );
    expect(code).toBe(1);
    expect(err).toContain('1 of 5 files failed');
    const codes = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).code);
    expect(codes).toEqual(['WORKER_TIMEOUT', 'FORMAT_UNKNOWN', 'IMAGE_CORRUPT', null, 'IMAGE_EMPTY']);
  });

  it('ends at once when it is stopped, whatever hangs, and says how far it came', async () => {
    const many = join(folder, 'many');
    await mkdir(many);
    for (let n = 0; n < 40; n++) await copyFile(join(folder, 'in', 'a.jpg'), join(many, `${n}.jpg`));
    const stop = AbortSignal.timeout(3_000);
    const startedMs = performance.now();
    const { code, err } = await darkroom(['try', 'many', '--plugin', 'hang.mjs', '--out', 'stop'], {
      cwd: folder,
      env: { WORKERS: '1' },
      stop,
    });
    expect(code).toBe(1);
    expect(err).toContain('stopped after 0 of 40 files');
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it('ends with 2 when it may not write where it should', async () => {
    const { code, err } = await darkroom(['try', 'in', '--out', 'in/a.jpg'], { cwd: folder });
    expect(code).toBe(2);
    expect(err).toContain('cannot write into in/a.jpg');
  });
}, 60_000);
