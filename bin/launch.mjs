// Runs a TypeScript file of this project with Node 24 or newer, whatever Node the machine has, after installing what is
// missing. Plain JavaScript for Node 20 on purpose: it is what runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MIN_NODE = 24;
/** KafkaJS warns of a negative timer on Node 24: harmless. The others keep garbage small (docs/adr/0034). The image has them too. */
const NODE_FLAGS = [
  '--disable-warning=TimeoutNegativeWarning',
  '--max-semi-space-size=8',
  '--heap-growing-percent=100',
];

/** Installs the locked dependencies when there are none, or when the lock file is newer than the installation. */
function install() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(lock)) return; // an installed package: npm has brought everything
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  process.stderr.write('Installing dependencies (npm ci), half a minute the first time…\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, error, stdout, stderr } = spawnSync(npm, ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}\n`);
  process.stderr.write(
    'npm ci failed (its words are above). What to do: check that npm reaches its registry, then run the command again.\n',
  );
  process.exit(1);
}

/** The path of a Node that is new enough: this one, or the one that the registry's package brought. */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= MIN_NODE) return process.execPath;
  const packages = [
    `node-${process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
  ];
  for (let folder = root; ; folder = dirname(folder)) {
    for (const name of packages) {
      const candidate = join(folder, 'node_modules', name, 'bin', 'node');
      if (existsSync(candidate)) return candidate;
    }
    if (dirname(folder) === folder) break;
  }
  process.stderr.write(
    `Darkroom needs Node ${MIN_NODE} or newer at run time; this is ${process.versions.node} and no package brings one for ` +
      `${process.platform}-${process.arch}. What to do: install Node ${MIN_NODE} from https://nodejs.org and run the command again.\n`,
  );
  process.exit(1);
}

/**
 * Runs `file` (relative to the project) with `args`; this process lives as long as it and ends as it ended. Signals are
 * passed on once: a terminal's Ctrl-C reaches both anyway.
 */
export function launch(file, args) {
  install();
  const child = spawn(findNode(), [...NODE_FLAGS, resolve(root, file), ...args], { stdio: 'inherit' });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGINT', () => {}); // the terminal sends it to the child too, which ends in order
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  child.on('exit', (code, signal) =>
    process.exit(code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1)),
  );
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [, , file, ...args] = process.argv;
  if (!file) {
    process.stderr.write('usage: node bin/launch.mjs FILE.ts [ARGUMENT…]\n');
    process.exit(2);
  }
  launch(file, args);
}
