import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allRows, allRowsView, monthTable } from '../../../src/warehouse/months.ts';
import { statementsOf } from '../../../src/warehouse/sql.ts';
import { problemsOf, RULES } from './redshift-lint.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'warehouse');
const VALUES = {
  table: 'image_stats_2026_11',
  month: 'image_stats_2026_11',
  all_rows: allRows([monthTable(0)]),
  source: 'load_month',
  from: '2026-11-01 00:00:00.000',
  to: '2026-12-01 00:00:00.000',
  now: '2026-11-20 12:00:00.000',
};

/** For each rule what it refuses, and the nearest thing that it lets through. */
const CASES: Readonly<Record<string, { wrong: readonly string[]; right: readonly string[] }>> = {
  'merge-tables': {
    wrong: [
      'MERGE INTO t AS x USING s ON x.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.id)',
      'MERGE INTO t USING (SELECT * FROM s) AS s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.id)',
    ],
    right: [
      'MERGE INTO t USING a.s AS s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.id)',
    ],
  },
  'merge-clauses': {
    wrong: [
      'MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (s.id)',
      'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED AND s.x > t.x THEN UPDATE SET x = s.x WHEN NOT MATCHED THEN INSERT VALUES (s.id)',
      'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT VALUES (s.id)',
      'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED BY SOURCE THEN DELETE',
      'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.id)',
    ],
    right: [
      'MERGE INTO t USING s ON t.id = s.id AND t.n = s.n WHEN MATCHED THEN UPDATE SET x = s.x WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)',
    ],
  },
  'merge-columns': {
    wrong: [
      'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET t.x = s.x WHEN NOT MATCHED THEN INSERT VALUES (s.id)',
    ],
    right: [
      'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET x = s.x WHEN NOT MATCHED THEN INSERT VALUES (s.id)',
    ],
  },
  types: {
    wrong: [
      'CREATE TABLE t (id INTEGER, facts JSONB)',
      'CREATE TABLE t (id UUID NOT NULL)',
      'CREATE TABLE t (tags VARCHAR(20)[])',
      'CREATE TABLE t (note TEXT)',
      'CREATE TABLE t (id BIGSERIAL)',
      'SELECT CAST(x AS JSON) FROM t',
      'SELECT x::text[] FROM t',
    ],
    right: [
      'CREATE TABLE t (id INTEGER NOT NULL, ratio DECIMAL(10, 2), at TIMESTAMP, PRIMARY KEY (id, at))',
      'SELECT CAST(x AS DATE) FROM t',
    ],
  },
  'varchar-length': {
    wrong: ['CREATE TABLE t (name VARCHAR)'],
    right: ['CREATE TABLE t (name VARCHAR(64))'],
  },
  'reserved-words': {
    wrong: ['SELECT id AS tag FROM t', 'SELECT new.id FROM t AS new', 'CREATE TABLE t (raw INTEGER)'],
    right: ['SELECT id AS label FROM t AS fresh', 'SELECT CAST(x AS TIMESTAMP) FROM t'],
  },
  'on-conflict': {
    wrong: ['INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING'],
    right: ['INSERT INTO t VALUES (1)'],
  },
  returning: { wrong: ['DELETE FROM t RETURNING id'], right: ['DELETE FROM t'] },
  filter: {
    wrong: ['SELECT COUNT(*) FILTER (WHERE x > 1) FROM t'],
    right: ['SELECT SUM(CASE WHEN x > 1 THEN 1 ELSE 0 END) FROM t'],
  },
  'unsupported-features': {
    wrong: ['CREATE INDEX i ON t (id)', 'CREATE UNIQUE INDEX i ON t (id)', 'CREATE EXTENSION hstore'],
    right: ['CREATE VIEW v AS SELECT id FROM t'],
  },
  partitions: {
    wrong: [
      'CREATE TABLE t (at DATE) PARTITION BY RANGE (at)',
      'CREATE TABLE u PARTITION OF t DEFAULT',
      'CREATE TABLE u (id INTEGER) INHERITS (t)',
    ],
    right: ['SELECT ROW_NUMBER() OVER (PARTITION BY id ORDER BY at) FROM t'],
  },
  'if-not-exists': {
    wrong: ['CREATE VIEW IF NOT EXISTS v AS SELECT 1', 'ALTER TABLE t ADD COLUMN IF NOT EXISTS x INTEGER'],
    right: ['CREATE TABLE IF NOT EXISTS t (id INTEGER)', 'CREATE SCHEMA IF NOT EXISTS s'],
  },
  truncate: { wrong: ['TRUNCATE t'], right: ['DELETE FROM t'] },
  'lock-mode': { wrong: ['LOCK TABLE t IN SHARE MODE', 'LOCK t NOWAIT'], right: ['LOCK TABLE t'] },
  'leader-node-time': {
    wrong: ['INSERT INTO t SELECT now() FROM s', 'SELECT CURRENT_TIMESTAMP FROM t'],
    right: ["INSERT INTO t SELECT CAST('2026-11-20 12:00:00' AS TIMESTAMP) FROM s"],
  },
  'leader-node-functions': {
    wrong: ['INSERT INTO t SELECT * FROM generate_series(1, 9)'],
    right: ['SELECT COALESCE(x, 0) FROM t'],
  },
  'distinct-on': { wrong: ['SELECT DISTINCT ON (id) id, x FROM t'], right: ['SELECT DISTINCT id FROM t'] },
  lateral: { wrong: ['SELECT * FROM t, LATERAL (SELECT 1) AS x'], right: ['SELECT * FROM t, u'] },
  'on-commit': {
    wrong: ['CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 1 AS one'],
    right: ['CREATE TEMP TABLE t AS SELECT 1 AS one'],
  },
  policy: {
    wrong: ['CREATE POLICY p ON t USING (reader = CURRENT_USER)', 'ALTER TABLE t ENABLE ROW LEVEL SECURITY'],
    right: ['CREATE VIEW v AS SELECT * FROM t WHERE reader = CURRENT_USER'],
  },
  'one-column-at-a-time': {
    wrong: ['ALTER TABLE t ADD COLUMN a INTEGER, ADD COLUMN b INTEGER'],
    right: ['ALTER TABLE t ADD COLUMN a INTEGER'],
  },
};

describe.each(RULES)('the rule $name', ({ name, page }) => {
  const { wrong, right } = CASES[name] ?? { wrong: [], right: [] };

  it.each(wrong)('refuses %s', (statement) => {
    expect(problemsOf(statement)).toContainEqual(expect.stringMatching(new RegExp(`^${name}: `)));
  });

  it.each(right)('lets through %s', (statement) => {
    expect(problemsOf(statement)).toEqual([]);
  });

  it('has examples, and a page to look it up', () => {
    expect(wrong.length * right.length).toBeGreaterThan(0);
    expect(page).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/redshift\/latest\/dg\/\w[\w-]*\.html$/);
  });
});

describe('the SQL of the warehouse', () => {
  const files = globSync('**/*.sql', { cwd: folder });

  it.each(files)('%s is what Redshift takes', (file) => {
    const statements = statementsOf(readFileSync(join(folder, file), 'utf8'), 'redshift', VALUES);
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.flatMap(problemsOf)).toEqual([]);
  });

  it('is made of all these files', () => {
    expect(files.length).toBeGreaterThanOrEqual(12);
  });

  it('has a view over the months that Redshift takes', () => {
    expect(problemsOf(allRowsView([monthTable(0), monthTable(0, 1)]))).toEqual([]);
  });
});
