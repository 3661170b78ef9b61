// npm test [-- SUITE…]: lint, types, then every suite on what it needs. Ends with a table and "N passed, N failed".
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireStack } from '../dev/stack/stack.ts';

interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const suites = {
  lint: () => script('lint'),
  types: () => script('types'),
  unit: () => vitest('unit'),
  integration: () => onStack('integration'),
  faults: () => onStack('faults'),
  browser: () => onStack('browser'),
};
type Suite = keyof typeof suites;
const all = Object.keys(suites).filter((name): name is Suite => name in suites);

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in suites));
if (unknown.length > 0) {
  process.stderr.write(`There is no suite ${unknown.join(', ')}. Usage: npm test -- [${all.join('|')}]…\n`);
  process.exit(2);
}

const rows: ({ suite: string; minutes: number } & Outcome)[] = [];
for (const suite of all.filter((name) => asked.length === 0 || asked.includes(name))) {
  process.stdout.write(`\n── ${suite} ${'─'.repeat(60 - suite.length)}\n`);
  const startedAt = Date.now();
  const outcome = await suites[suite]().catch((error: Error) => couldNotRun(error.message));
  rows.push({ suite, ...outcome, minutes: (Date.now() - startedAt) / 60_000 });
}
summarise();

/** A check that is one test: it passes or fails as a whole. */
async function script(name: string): Promise<Outcome> {
  const code = await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['run', '--silent', name]);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

async function onStack(project: string): Promise<Outcome> {
  await requireStack();
  return vitest(project);
}

async function vitest(project: string): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
  try {
    const report = join(folder, 'report.json');
    const code = await run(process.execPath, [
      '--disable-warning=TimeoutNegativeWarning',
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      ...['run', '--project', project],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ]);
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(await readFile(report, 'utf8'));
    const outcome = { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests };
    if (outcome.passed + outcome.failed === 0) return couldNotRun(`no test of ${project} was run`);
    // a file that does not load, an unhandled error, a stack that does not start: no test says so
    return code !== 0 && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function couldNotRun(why: string): Outcome {
  process.stdout.write(`${why}\n`);
  return { passed: 0, failed: 1, skipped: 0 };
}

function run(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

function summarise(): void {
  const columns = ['suite', 'passed', 'failed', 'skipped', 'minutes'] as const;
  const lines = rows.map((row) =>
    columns.map((name) => (name === 'minutes' ? row[name].toFixed(1) : `${row[name]}`)),
  );
  const table = [columns, ...lines].map(([suite = '', ...numbers]) =>
    [suite.padEnd(14), ...numbers.map((number) => number.padStart(9))].join(''),
  );
  const sum = (name: 'passed' | 'failed') => rows.reduce((total, row) => total + row[name], 0);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
  process.stdout.write(`\n${table.join('\n')}\n\n${sum('passed')} passed, ${sum('failed')} failed\n`);
}
