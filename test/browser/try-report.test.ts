import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSamples } from '../../dev/samples/index.ts';
import { darkroom } from '../unit/cli/command-line.ts';
import { launchBrowser } from './chromium.ts';
import { look, SCREENS } from './page.ts';

const STEP = `export default async (image, { facts, refuse }) => {
  if (facts.frames > 1) refuse('no animations here', { code: 'ANIMATED' });
  if (!facts.hasLocation) return undefined;
  return { ...image, data: image.data.map((value) => 255 - value) };
};
`;
const CONFIG = `
pipelines:
  shop:
    version: 1
    steps:
      - { step: module, path: ./negative.mjs, name: negative }
    renditions:
      card: { width: 480, height: 320, fit: cover, position: attention, quality: { similarity: 0.97 }, format: webp }
      square: { width: 240, height: 240, fit: contain, background: '#223344', format: jpeg }
      thumb: { width: 120, format: png }
`;

let browser: Browser;
let folder = '';
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-report-'));
  count = (await makeSamples(join(folder, 'in'))).length;
  await writeFile(join(folder, 'negative.mjs'), STEP);
  await writeFile(join(folder, 'darkroom.yaml'), CONFIG);
  const runs = [
    ['try', 'in', '--out', 'out'],
    ['try', 'in', '--out', 'shop', '--config', 'darkroom.yaml'],
  ];
  for (const run of runs) {
    const { code, out, err } = await darkroom(run, { cwd: folder });
    expect([code, err], out).toEqual([0, '']);
  }
  browser = await launchBrowser();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each(SCREENS)('the report of darkroom try: $name', (screen) => {
  it('shows what came and what was made of it, and hides what is not wanted', async () => {
    await look(browser, join(folder, 'out', 'report.html'), 'try-report', screen, async (page) => {
      expect(await page.locator('article').count()).toBe(count);
      const processed = page.locator('article.processed');
      expect(await processed.locator('figure.rendition img').count()).toBe(3 * (await processed.count()));
      expect(await processed.locator('.palette').count()).toBe(await processed.count());
      const rejected = page.locator('article.rejected');
      expect(await rejected.count()).toBeGreaterThan(0);
      await page.getByLabel('rejected').uncheck();
      expect(await rejected.filter({ visible: true }).count()).toBe(0);
      expect(await processed.filter({ visible: true }).count()).toBeGreaterThan(0);
    });
  });

  it('tells what each plug-in did, and the quality that was found', async () => {
    await look(browser, join(folder, 'shop', 'report.html'), 'try-report-shop', screen, async (page) => {
      const step = (outcome: string) => page.locator(`.steps li.${outcome}`, { hasText: 'negative' });
      for (const outcome of ['changed', 'unchanged', 'rejected']) {
        expect(await step(outcome).count(), outcome).toBeGreaterThan(0);
      }
      expect(await page.getByText('PLUGIN_ANIMATED').count()).toBeGreaterThan(0);
      const card = page.locator('figure.rendition', { hasText: 'card' }).first();
      expect(await card.locator('figcaption').textContent()).toMatch(
        /\d+ × \d+.*WEBP q\d+.*similarity 0\.9[789]/,
      );
    });
  });
});
