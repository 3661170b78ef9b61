import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from './chromium.ts';
import { look, SCREENS } from './page.ts';

const root = join(import.meta.dirname, '..', '..');
let browser: Browser;
let told: { readonly sent: number; readonly agree: boolean };

/** The demo as a newcomer runs it: it is what makes the sheet. */
async function demo(): Promise<typeof told> {
  const child = spawn(process.execPath, [join(root, 'dev', 'demo.ts'), '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [out, code] = await Promise.all([
    text(child.stdout),
    new Promise<number | null>((resolve) => child.on('exit', resolve)),
  ]);
  expect(code).toBe(0);
  return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');
}

beforeAll(async () => {
  told = await demo();
  browser = await launchBrowser();
}, 300_000);
afterAll(() => browser?.close());

it('the demo ends with counts that agree', () => {
  expect(told).toMatchObject({ agree: true });
});

it.each(SCREENS)('the contact sheet of the demo can be read: $name', async (screen) => {
  const file = join(root, '.darkroom', 'demo', 'contact-sheet.html');
  await look(browser, file, 'contact-sheet', screen, async (page) => {
    expect(await page.locator('figure').count()).toBe(told.sent);
    expect(await page.locator('figure.missing').count()).toBe(0);
  });
});
