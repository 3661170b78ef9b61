// npm test [-- SUITE…]: lint, types, then every suite on what it needs. Ends with a table and "N passed, N failed".
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireStack } from '../dev/stack/stack.ts';
import { runToEnd } from './support/run-to-end.ts';

interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  /** What failed and how, a paragraph each: in the end nobody has to look for it in the output above. */
  failures?: string[];
}

/** What is read of the report of vitest. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
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

const rows: ({ suite: Suite; minutes: number } & Outcome)[] = [];
for (const suite of all.filter((name) => asked.length === 0 || asked.includes(name))) {
  process.stdout.write(`\n── ${suite} ${'─'.repeat(60 - suite.length)}\n`);
  const startedAt = Date.now();
  const outcome = await suites[suite]().catch((error: Error) => couldNotRun(error.message));
  rows.push({ suite, ...outcome, minutes: (Date.now() - startedAt) / 60_000 });
}
summarise();

/** A check that is one test: it passes or fails as a whole. */
async function script(name: string): Promise<Outcome> {
  const code = await runToEnd(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['run', '--silent', name]);
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
    const code = await runToEnd(process.execPath, [
      '--disable-warning=TimeoutNegativeWarning',
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      ...['run', '--project', project],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ]);
    const told: Report = JSON.parse(await readFile(report, 'utf8'));
    const { numPassedTests, numFailedTests, numPendingTests } = told;
    const failures = failuresIn(told);
    const outcome = { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests, failures };
    if (outcome.passed + outcome.failed === 0) return couldNotRun(`no test of ${project} was run`);
    // a file that does not load, an unhandled error, a stack that does not start: no test says so
    return code !== 0 && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function failuresIn({ testResults }: Report): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    const file = relative(root, name);
    if (status === 'failed' && failed.length === 0) return [`${file}\n    ${startOf(message)}`];
    return failed.map(
      ({ fullName, failureMessages }) => `${file}: ${fullName}\n    ${startOf(failureMessages.join('\n'))}`,
    );
  });
}

/** The lines before the stack, as many as say something. */
function startOf(message: string): string {
  const lines = message.split('\n');
  const stack = lines.findIndex((line) => /^\s+at /.test(line));
  return lines.slice(0, Math.min(stack === -1 ? 20 : stack + 1, 20)).join('\n    ');
}

function couldNotRun(why: string): Outcome {
  process.stdout.write(`${why}\n`);
  return { passed: 0, failed: 1, skipped: 0, failures: [why] };
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
  for (const { suite, failures = [] } of rows) {
    for (const failure of failures) process.stdout.write(`\nfailed: ${suite}: ${failure}\n`);
  }
  process.stdout.write(`\n${table.join('\n')}\n\n${sum('passed')} passed, ${sum('failed')} failed\n`);
}
