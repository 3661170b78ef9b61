import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examplesOf, writeExamples } from '../../support/doc-examples.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');
/** The one that needs a broker: test/integration/streams-guide.test.ts runs it. */
const ON_A_BROKER = 'run.ts';

const pageOf = (page: string) => ({
  page,
  folder: page.replace(/\W/g, '-'),
  examples: examplesOf(page),
});
const pages = ['streams/guide.md', 'streams/from-kafka-streams.md'].map(pageOf);
/** plugins.test.ts runs them. */
const compiled = [...pages, pageOf('plugins.md')];

const home = mkdtempSync(join(tmpdir(), 'examples-'));
beforeAll(() => {
  for (const { folder, examples } of compiled) {
    mkdirSync(join(home, folder));
    writeExamples(join(home, folder), examples);
  }
});
afterAll(() => rmSync(home, { recursive: true }));

it('the examples of the guides compile, as strictly as the engine itself', () => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const files = compiled.flatMap(({ folder, examples }) =>
    examples.map(({ file }) => join(home, folder, file)),
  );
  const typeRoots = [join(root, 'node_modules/@types')];
  const program = ts.createProgram(files, { ...options, typeRoots });
  const problems = files
    .flatMap((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))
    .map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
  expect(problems).toEqual([]);
}, 120_000);

describe.each(pages)('docs/$page', ({ folder, examples }) => {
  it('has no example that nothing runs', () => {
    const idle = examples.filter(
      ({ file, output }) =>
        output === undefined &&
        file !== ON_A_BROKER &&
        !examples.some(({ code, output: printed }) => printed !== undefined && code.includes(`'./${file}'`)),
    );
    expect(examples.length).toBeGreaterThan(0);
    expect(idle.map(({ file }) => file)).toEqual([]);
  });

  it.each(examples.filter(({ output }) => output !== undefined))(
    'says what $file prints',
    async ({ file, output }) => {
      const { stdout } = await run(process.execPath, [file], { cwd: join(home, folder) });
      expect(stdout).toBe(output);
    },
    60_000,
  );
});
