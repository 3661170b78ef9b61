import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';

/** Kept for people to look at; a run replaces them. */
const SCREENSHOTS = join(import.meta.dirname, '..', '..', '.darkroom', 'screenshots');

export const SCREENS = [
  { name: 'desktop', width: 1440, height: 900, colorScheme: 'light' },
  { name: 'desktop-dark', width: 1440, height: 900, colorScheme: 'dark' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'light' },
] as const;

/**
 * Opens a file as a reader would, holds that it needs nothing of the network, throws nothing, shows every picture and is no
 * wider than the screen, and keeps a picture of it.
 */
export async function look(
  browser: Browser,
  file: string,
  title: string,
  screen: (typeof SCREENS)[number],
  use: (page: Page) => Promise<void> = async () => {},
): Promise<void> {
  const { width, height, colorScheme } = screen;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  try {
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('request', (request) => /^(file|data|blob):/.test(request.url()) || wrong.push(request.url()));
    page.on('requestfailed', (request) => wrong.push(`${request.url().slice(0, 200)} failed`));
    await page.goto(pathToFileURL(file).href);
    await page.evaluate(SHOW_ALL);
    await mkdir(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(SCREENSHOTS, `${title}-${screen.name}.png`) });
    expect(await page.evaluate(BROKEN_IMAGES)).toEqual([]);
    expect(Number(await page.evaluate(WIDTH))).toBeLessThanOrEqual(width);
    await use(page);
    expect(wrong).toEqual([]);
  } finally {
    await context.close();
  }
}

/** Run in the page, which knows other types than this program. Pictures that come when they are scrolled to must have come. */
const SHOW_ALL = `(async () => {
  for (const image of document.images) image.loading = 'eager';
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
})()`;
const BROKEN_IMAGES = `[...document.images].filter((image) => image.naturalWidth === 0)
  .map((image) => image.alt || image.src.slice(0, 100))`;
const WIDTH = 'document.documentElement.scrollWidth';
