import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeSamples } from '../../dev/samples/index.ts';
import { darkroom } from '../unit/cli/command-line.ts';
import { launchBrowser } from './chromium.ts';
import { look, SCREENS } from './page.ts';

let browser: Browser;
let folder = '';
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-report-'));
  count = (await makeSamples(join(folder, 'in'))).length;
  const { code, err } = await darkroom(['try', 'in', '--out', 'out'], { cwd: folder });
  expect([code, err]).toEqual([0, '']);
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

it.each(SCREENS)('the report of darkroom try can be read: $name', async (screen) => {
  await look(browser, join(folder, 'out', 'report.html'), 'try-report', screen, async (page) => {
    expect(await page.locator('article').count()).toBe(count);
    const rejected = page.locator('article.rejected');
    expect(await rejected.count()).toBeGreaterThan(0);
    await page.getByLabel('rejected').uncheck();
    expect(await rejected.filter({ visible: true }).count()).toBe(0);
    expect(await page.locator('article.processed').filter({ visible: true }).count()).toBeGreaterThan(0);
  });
});
