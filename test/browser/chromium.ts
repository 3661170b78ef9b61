// A real browser that the registry brings: the npm package holds the program, so nothing is downloaded and nothing installed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium as playwright } from 'playwright-core';
import { cached } from '../../dev/stack/native/cache.ts';
import packed from '../../node_modules/@sparticuz/chromium/package.json' with { type: 'json' };

/** Nothing of it may call home, and it must run as root in a container too. */
const ARGUMENTS = [
  ...[
    '--no-sandbox',
    '--no-zygote',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--font-render-hinting=none',
  ],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'],
  ...['--no-first-run', '--no-pings', '--disable-domain-reliability'],
];

/** Where Chrome and Chromium lie on machines for which the package has no program. */
const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Starts a browser without a window. Throws with what to install where there is none. */
export async function launchBrowser(): Promise<Browser> {
  const { path, libraries } = await program();
  const env = { ...process.env, ...(libraries && { LD_LIBRARY_PATH: libraries }) };
  return playwright.launch({ executablePath: path, args: ARGUMENTS, env });
}

async function program(): Promise<{ readonly path: string; readonly libraries?: string }> {
  const given = process.env.CHROME_PATH ?? INSTALLED.find((path) => existsSync(path));
  if (given) return { path: given };
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Error(
      `There is no browser for ${process.platform}-${process.arch}. What to do: install Chrome, or give its path as CHROME_PATH.`,
    );
  }
  const folder = await cached(`chromium-${packed.version}-${process.arch}`, unpack);
  const path = join(folder, 'chromium');
  const { stdout } = spawnSync('ldd', [path], { encoding: 'utf8' });
  // the package also brings the libraries that a bare machine lacks
  return stdout.includes('not found') ? { path, libraries: join(folder, 'al2023', 'lib') } : { path };
}

/** The package unpacks itself into the temporary folder, and its libraries only where it takes the machine for a Lambda. */
async function unpack(folder: string): Promise<void> {
  process.stderr.write('  Unpacking Chromium (200 MB)\n');
  const script = `const { default: chromium } = await import('@sparticuz/chromium'); await chromium.executablePath();`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: join(import.meta.dirname, '..', '..'),
    env: { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Chromium could not be unpacked: ${stderr}`);
}
