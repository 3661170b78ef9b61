import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCases } from '../conformance/case.ts';
import { type CaseResult, runConformance } from '../conformance/conformance.ts';

const conformance = join(import.meta.dirname, '../conformance');
const OPERATORS = new Set(
  'stream filter filterNot map mapValues flatMap flatMapValues selectKey peek foreach merge split repartition to'.split(
    ' ',
  ),
);

describe('the engine does what Kafka Streams does', () => {
  let results: CaseResult[] = [];
  beforeAll(async () => {
    results = await runConformance(join(conformance, 'cases'));
  });

  it('in every case that it can run', () => {
    expect(results.filter((result) => result.outcome === 'failed')).toEqual([]);
  });

  it('and it can run every case of stateless operators alone', () => {
    const stateless = readCases(join(conformance, 'cases')).filter(({ topology }) =>
      topology.every(({ op }) => OPERATORS.has(op)),
    );
    const passed = new Set(results.filter(({ outcome }) => outcome === 'passed').map(({ name }) => name));
    expect(stateless.length).toBeGreaterThan(90);
    expect(stateless.filter(({ name }) => !passed.has(name)).map(({ name }) => name)).toEqual([]);
    const whole = results.filter(({ file }) => file === 'stateless.jsonl');
    expect(whole.map(({ outcome }) => outcome)).toEqual(Array(19).fill('passed'));
  });

  it('and names the operator that a skipped case is waiting for', () => {
    const skipped = results.filter(({ outcome }) => outcome === 'skipped');
    expect(skipped.length).toBeGreaterThan(0);
    expect(skipped.find(({ name }) => name === 'auto-repartition-join-named')?.details).toEqual([
      'joinStream',
    ]);
    expect(skipped.find(({ name }) => name === 'process-punctuate-cancel')?.details).toEqual([
      'punctuation (tick-stream-5s-cancel-after-2)',
    ]);
  });
});

describe('the conformance command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(conformance, 'run.ts'), ...args], { encoding: 'utf8' });

  it('finds a deviation, shows it and exits with 1', () => {
    const [testCase] = readCases(join(conformance, 'cases')).filter(({ name }) => name === 'filter-basic');
    const { outputs, ...expectation } = testCase?.expect ?? {};
    const wrong = { ...outputs, out: outputs?.out?.toSpliced(1, 1) };
    const line = JSON.stringify({ ...testCase, expect: { ...expectation, outputs: wrong } });
    writeFileSync(join(folder, 'wrong.jsonl'), `${line}\n`);
    const text = run('--cases', folder);
    expect(text.status).toBe(1);
    expect(text.stdout).toContain('FAILED wrong.jsonl filter-basic');
    expect(text.stdout).toContain('outputs of "out", entry 1:');
    const json = run('--cases', folder, '--json');
    expect(json.status).toBe(1);
    expect(json.stdout.trim().split('\n').at(-1)).toBe('{"passed":0,"failed":1,"skipped":0}');
  });

  it.each([
    ['an unknown option', ['--nonsense'], '--nonsense'],
    ['a folder that is not there', ['--cases', 'no-such-folder'], 'there is no folder'],
    ['a folder without cases', ['--cases', conformance], 'holds no .jsonl case file'],
  ])('exits with 2 and says what is wrong with %s', (_what, args, message) => {
    const result = run(...args);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toContain('    at ');
  });
});
