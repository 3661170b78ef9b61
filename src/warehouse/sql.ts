import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the warehouse runs on: Redshift in production, PostgreSQL in its place elsewhere. */
export type Dialect = 'redshift' | 'postgres';

/** Beside `src`, or beside the `dist` that holds it. */
const FOLDER =
  [join('..', '..'), join('..', '..', '..')]
    .map((root) => join(import.meta.dirname, root, 'warehouse'))
    .find((folder) => existsSync(folder)) ?? 'warehouse';

/** A file of `warehouse/`, by its path in there. */
export const readSql = (path: string): string => readFileSync(join(FOLDER, path), 'utf8');

/** The numbered migrations, in their order. */
export const migrationFiles = (): string[] =>
  readdirSync(join(FOLDER, 'migrations'))
    .filter((name) => name.endsWith('.sql'))
    .sort();

/**
 * The statements of a file, for one dialect: `/*redshift … *\/` and `/*postgres … *\/` become text for theirs and nothing for the
 * other, comments go, and `{name}` becomes the value of that name. Values are names and times that the program makes: nothing is
 * escaped. Throws where a value is missing.
 */
export function statementsOf(
  sql: string,
  dialect: Dialect,
  values: Readonly<Record<string, string>> = {},
): string[] {
  const chosen = sql.replace(/\/\*(redshift|postgres) (.*?)\*\//gs, (_, marked: string, text: string) =>
    marked === dialect ? text : '',
  );
  const filled = withoutComments(chosen).replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the SQL wants a value for {${name}}`);
    return value;
  });
  return split(filled);
}

/** The text with each statement that has `{month}` once for every table of a month, and for none where there is none. */
export const perMonth = (sql: string, tables: readonly string[]): string =>
  sql.replace(/^(?!--)[^;\n]*\{month\}[^;]*;/gm, (statement) =>
    tables.map((table) => statement.replaceAll('{month}', table)).join('\n'),
  );

/** A quoted text, or a comment of either kind; quoted texts come first so that what they hold is no comment. */
const QUOTED_OR_COMMENT = /('(?:[^']|'')*')|("[^"]*")|--[^\n]*|\/\*.*?\*\//gs;

const withoutComments = (sql: string) =>
  sql.replace(QUOTED_OR_COMMENT, (_, text?: string, name?: string) => text ?? name ?? '');

function split(sql: string): string[] {
  const statements: string[] = [];
  let current = '';
  for (const [part] of sql.matchAll(/'(?:[^']|'')*'|"[^"]*"|;|[^;'"]+/g)) {
    if (part !== ';') current += part;
    else {
      statements.push(current.trim());
      current = '';
    }
  }
  return [...statements, current.trim()].filter((statement) => statement !== '');
}

/** A time in UTC as a TIMESTAMP is written. */
export const sqlTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

/** What `CAST(… AS VARCHAR)` makes of a TIMESTAMP, as ms since the epoch; null stays null. */
export const msOfSqlTime = (text: string | null): number | null =>
  text === null ? null : Date.parse(`${text.replace(' ', 'T')}Z`);
