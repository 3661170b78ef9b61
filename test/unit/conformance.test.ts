import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Case, readCases } from '../conformance/case.ts';
import { type CaseResult, runConformance } from '../conformance/conformance.ts';

const conformance = join(import.meta.dirname, '../conformance');

/** Operators that come later: the cases that need one are the only ones that may be left out. */
function isOfLater({ topology, config }: Case): boolean {
  return (
    config.caching === true ||
    (config.cacheBytes ?? 0) > 0 ||
    topology.some(
      ({ op, windows, materialized }) =>
        ['cogroup', 'fkJoin', 'fkLeftJoin'].includes(op) ||
        windows?.type === 'sliding' ||
        materialized?.kind === 'versioned',
    )
  );
}

describe('the engine does what Kafka Streams does', () => {
  let results: CaseResult[] = [];
  beforeAll(async () => {
    results = await runConformance(join(conformance, 'cases'));
  }, 60_000);

  it('in every case that it can run', () => {
    expect(results.filter((result) => result.outcome === 'failed')).toEqual([]);
  });

  it('and it can run every case but those of operators that come later', () => {
    const now = readCases(join(conformance, 'cases')).filter((testCase) => !isOfLater(testCase));
    const passed = results.filter(({ outcome }) => outcome === 'passed');
    expect(passed.map(({ name }) => name)).toEqual(now.map(({ name }) => name));
    const recorded = passed.filter(({ file }) => !/^(random|added)-/.test(file));
    expect(recorded.length).toBe(296);
  });

  it('and names the operator that a skipped case is waiting for', () => {
    const reason = (name: string) => results.find((result) => result.name === name)?.details;
    expect(reason('cogroup-two')).toEqual(['cogroup']);
    expect(reason('fk-inner')).toEqual(['fkJoin']);
    expect(reason('cache-10mb-table')).toEqual(['record caches']);
    expect(reason('stream-table-leftjoin-versioned-grace-named')).toEqual(['versioned stores']);
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
    ['a storage that is none', ['--storage', 'tape'], 'lmdb or memory'],
    ['a folder that is not there', ['--cases', 'no-such-folder'], 'there is no folder'],
    ['a folder without cases', ['--cases', conformance], 'holds no .jsonl case file'],
  ])('exits with 2 and says what is wrong with %s', (_what, args, message) => {
    const result = run(...args);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toContain('    at ');
  });
});
