import { describe, expect, it } from 'vitest';
import { isExpired, monthTable } from '../../../src/warehouse/months.ts';
import {
  migrationFiles,
  msOfSqlTime,
  perMonth,
  readSql,
  sqlTime,
  statementsOf,
} from '../../../src/warehouse/sql.ts';

describe('the statements of a file', () => {
  it('are split at semicolons that stand in no text, without comments', () => {
    const sql = "-- it's first; \nSELECT ';--' AS a; /* no; */ SELECT \"b;\" FROM t;\n";
    expect(statementsOf(sql, 'postgres')).toEqual(["SELECT ';--' AS a", 'SELECT "b;" FROM t']);
  });

  it('have what is marked for their dialect alone', () => {
    const sql =
      'CREATE VIEW v /*postgres WITH (security_barrier) */ AS SELECT 1 /*redshift WITH NO SCHEMA BINDING */;';
    const plain = (dialect: 'postgres' | 'redshift') =>
      statementsOf(sql, dialect).map((statement) => statement.replace(/\s+/g, ' ').trim());
    expect(plain('postgres')).toEqual(['CREATE VIEW v WITH (security_barrier) AS SELECT 1']);
    expect(plain('redshift')).toEqual(['CREATE VIEW v AS SELECT 1 WITH NO SCHEMA BINDING']);
  });

  it('have the values filled in, and none left out', () => {
    expect(statementsOf('DROP TABLE {table};', 'postgres', { table: 't' })).toEqual(['DROP TABLE t']);
    expect(() => statementsOf('DROP TABLE {table};', 'postgres')).toThrow('{table}');
  });
});

describe('a statement for each month', () => {
  it('is there once for every table, and not at all where there is none', () => {
    const sql = '-- of each {month};\nSELECT 1;\nALTER TABLE {month}\n  ADD COLUMN a INTEGER;\nDROP VIEW v;';
    expect(statementsOf(perMonth(sql, ['m1', 'm2']), 'postgres')).toEqual([
      'SELECT 1',
      'ALTER TABLE m1\n  ADD COLUMN a INTEGER',
      'ALTER TABLE m2\n  ADD COLUMN a INTEGER',
      'DROP VIEW v',
    ]);
    expect(statementsOf(perMonth(sql, []), 'postgres')).toEqual(['SELECT 1', 'DROP VIEW v']);
  });

  it('leaves whole statements in every migration, whatever months there are', () => {
    for (const name of migrationFiles()) {
      for (const months of [[], ['m1'], ['m1', 'm2']]) {
        const sql = perMonth(readSql(`migrations/${name}`), months);
        for (const statement of statementsOf(sql, 'redshift', { all_rows: 'SELECT 1' })) {
          expect(statement).toMatch(/^(?:CREATE|ALTER|DROP|GRANT) (?:TABLE|VIEW|USAGE|SELECT)/);
        }
      }
    }
  });
});

describe('a time', () => {
  it('is written and read as UTC', () => {
    const ms = Date.UTC(2026, 10, 20, 12, 0, 0, 123);
    expect(sqlTime(ms)).toBe('2026-11-20 12:00:00.123');
    expect(msOfSqlTime(sqlTime(ms))).toBe(ms);
    expect(msOfSqlTime(null)).toBeNull();
  });
});

describe("a month's table", () => {
  it('begins and ends with the month in UTC, over the turn of a year', () => {
    expect(monthTable(Date.UTC(2026, 10, 30, 23), 1)).toEqual({
      name: 'image_stats_2026_12',
      fromMs: Date.UTC(2026, 11, 1),
      toMs: Date.UTC(2027, 0, 1),
    });
    expect(monthTable(Date.UTC(2026, 0, 31), -1).name).toBe('image_stats_2025_12');
  });

  it('expires when its last day is five years ago', () => {
    const month = monthTable(Date.UTC(2026, 10, 15));
    expect(isExpired(month, Date.UTC(2031, 10, 30, 23))).toBe(false);
    expect(isExpired(month, Date.UTC(2031, 11, 1))).toBe(true);
  });
});
