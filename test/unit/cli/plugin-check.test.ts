import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pluginSamples } from '../../../src/cli/plugin-samples.ts';
import { darkroom } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'plugin-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function plugin(name: string, code: string): string {
  const path = join(folder, name);
  writeFileSync(path, code, { mode: name.endsWith('.txt') ? 0o644 : 0o755 });
  return path;
}

async function sample(name: string): Promise<string> {
  const found = (await pluginSamples()).find((one) => one.name === name);
  const path = join(folder, name);
  writeFileSync(path, found?.bytes ?? '');
  return path;
}

const check = (...args: string[]) => darkroom(['plugin', 'check', ...args]);

describe('darkroom plugin check', () => {
  it('says of each image what would become of it, and that the plug-in is fit', async () => {
    const path = plugin(
      'picky.mjs',
      `export default async (image, { facts, refuse }) => {
         if (facts.frames > 1) refuse('it moves', { code: 'MOVES' });
         if (facts.hasAlpha) return;
         return { data: Buffer.from(image.data), info: image.info };
       };`,
    );
    const { code, out, err } = await check(path);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/^✓ photograph\.jpg +processed +\d+ ms +[\d.]+ MB +[\d.]+ MB$/m);
    expect(out).toMatch(/^= transparent\.png +unchanged/m);
    expect(out).toMatch(/^✗ animation\.gif +rejected .* PLUGIN_MOVES {2}it moves$/m);
    expect(out).toContain('Fit for production');
  }, 120_000);

  it('ends with 1 where an image would fail, and says which and why', async () => {
    const path = plugin(
      'grey.mjs',
      `export default async ({ info }) => { if (info.channels > 3) throw new Error('four'); };`,
    );
    const images = [await sample('photograph.jpg'), await sample('transparent.png')];
    const { code, out, err } = await check(path, '--json', '--sample', ...images);
    expect(code).toBe(1);
    expect(err).toBe('darkroom: grey.mjs is not fit for production: 1 of 2 images failed\n');
    expect(JSON.parse(out)).toMatchObject({
      plugin: 'grey.mjs',
      step: 'module',
      fit: false,
      trials: [
        { sample: 'photograph.jpg', outcome: 'unchanged', repeatable: true },
        {
          sample: 'transparent.png',
          outcome: 'failed',
          code: 'PLUGIN_FAILED',
          reason: 'the plug-in grey.mjs failed: four',
          repeatable: null,
        },
      ],
    });
  }, 60_000);

  it('writes what the plug-in says without what would steer the terminal', async () => {
    const path = plugin('steers.sh', '#!/bin/sh\nprintf "NO: \\033[2Jgone\\a\\n" >&2\nexit 10\n');
    const { out } = await check(path, '--sample', await sample('one-pixel.png'));
    expect(out).toContain('PLUGIN_NO');
    expect(out).toContain('[2Jgone');
    for (const sign of ['\u0007', '\u001b']) expect(out).not.toContain(sign);
  }, 60_000);

  it('ends with 1 where two runs differ', async () => {
    const path = plugin(
      'dice.mjs',
      `export default async ({ data, info }) => ({ data: Buffer.from(data.map(() => 256 * Math.random())), info });`,
    );
    const { code, out, err } = await check(path, '--sample', await sample('photograph.jpg'));
    expect(code).toBe(1);
    expect(err).toContain('two runs differ (photograph.jpg)');
    expect(out).toContain('S3_KEY_CONFLICT');
  }, 60_000);

  it('finds what hangs and what eats memory within its limits', async () => {
    const image = await sample('one-pixel.png');
    const hangs = plugin('hangs.sh', '#!/bin/sh\nsleep 60\n');
    const eats = plugin(
      'eats.mjs',
      'export default async () => { const all = []; for (;;) all.push(Buffer.alloc(9e6, 1)); };',
    );
    const hung = await check(hangs, '--timeout', '700', '--json', '--sample', image);
    expect(JSON.parse(hung.out).trials).toMatchObject([{ outcome: 'failed', code: 'PLUGIN_TIMEOUT' }]);
    const ate = await check(eats, '--memory', '300', '--timeout', '20000', '--json', '--sample', image);
    expect(JSON.parse(ate.out).trials).toMatchObject([{ outcome: 'failed', code: 'PLUGIN_OUT_OF_MEMORY' }]);
    expect([hung.code, ate.code]).toEqual([1, 1]);
  }, 60_000);

  it('hands arguments to a program, and the input that is asked for', async () => {
    const path = plugin('says.sh', '#!/bin/sh\necho "GOT: $1 $DARKROOM_CONTENT_TYPE" >&2\nexit 10\n');
    const args = [
      path,
      '--input',
      'webp',
      '--json',
      '--sample',
      await sample('one-pixel.png'),
      '--',
      '--level',
    ];
    const { out } = await check(...args);
    expect(JSON.parse(out)).toMatchObject({
      fit: true,
      notes: ['It rejects every image; what customers send would all become dead letters.'],
      trials: [{ code: 'PLUGIN_GOT', reason: '--level image/webp' }],
    });
  }, 60_000);

  it.each([
    ['there is no file', join(folder, 'absent.mjs')],
    ['is no file', folder],
    ['cannot be executed', plugin('notes.txt', 'nothing')],
  ])('ends with 2 where %s', async (message, path) => {
    const { code, err } = await check(path);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

it('`darkroom try --plugin` takes a program', async () => {
  const path = plugin('refuses.sh', '#!/bin/sh\necho "NO: never" >&2\nexit 10\n');
  const { code, out } = await darkroom([
    'try',
    await sample('photograph.jpg'),
    '--plugin',
    path,
    '--json',
    '--out',
    join(folder, 'out'),
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ outcome: 'rejected', code: 'PLUGIN_NO', reason: 'never' });
}, 60_000);
