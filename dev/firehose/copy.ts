// Redshift's COPY … JSON 'auto' with an explicit column list, into PostgreSQL.
import type { Client } from 'pg';

export interface CopyTarget {
  /** `schema.table`. */
  readonly table: string;
  /** DataTableColumns of Firehose: what else a JSON object has is ignored, what it lacks is null. */
  readonly columns: readonly string[];
}

/** One object could not be loaded, so nothing of it was: MAXERROR is 0, as by default. */
export class LoadError extends Error {
  constructor(line: number, column: string, reason: string) {
    super(`line ${line}, column ${column}: ${reason}`);
    this.name = 'LoadError';
  }
}

interface Column {
  readonly name: string;
  /** Without its length: an explicit cast to varchar(n) would cut instead of failing. */
  readonly type: string;
  /** Of varchar(n): Redshift counts bytes. */
  readonly maxBytes: number | undefined;
}

/** Loads all objects in one transaction; returns how many. Throws LoadError, or what PostgreSQL says. */
export async function copyInto(
  client: Client,
  { table, columns }: CopyTarget,
  text: string,
): Promise<number> {
  const target = await describe(client, table, columns);
  const rows = objectsOf(text).map((object, index) =>
    target.map((column) => fieldOf(object, column, index + 1)),
  );
  const lists = target.map((_, at) => rows.map((row) => row[at] ?? null));
  const names = target.map(({ name }) => quote(name));
  const values = target.map(({ type }, at) => `v.c${at}::${type}`);
  const arrays = target.map((_, at) => `$${at + 1}::text[]`);
  await client.query('BEGIN');
  try {
    await client.query(
      `INSERT INTO ${quoteTable(table)} (${names.join(', ')}) SELECT ${values.join(', ')} ` +
        `FROM unnest(${arrays.join(', ')}) AS v(${target.map((_, at) => `c${at}`).join(', ')})`,
      lists,
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
  return rows.length;
}

async function describe(client: Client, table: string, names: readonly string[]): Promise<Column[]> {
  const { rows } = await client.query<{ name: string; type: string; varchar: boolean; typmod: number }>(
    `SELECT attname AS name, format_type(atttypid, NULL) AS type, atttypid = 'varchar'::regtype AS varchar,
            atttypmod AS typmod
       FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  return names.map((name) => {
    const found = rows.find((row) => row.name === name);
    if (!found) throw new Error(`column "${name}" of relation "${table}" does not exist`);
    const { type, varchar, typmod } = found;
    return { name, type, maxBytes: varchar && typmod > 4 ? typmod - 4 : undefined };
  });
}

/** JSON objects one after another, whatever white space is between them; records are joined bare. */
export function objectsOf(text: string): Readonly<Record<string, unknown>>[] {
  const objects: Readonly<Record<string, unknown>>[] = [];
  let depth = 0;
  let start = -1;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (depth > 0 && char === '"') {
      inString = true;
    } else if (char === '{') {
      if (depth++ === 0) start = at;
    } else if (char === '}' && --depth === 0) {
      objects.push(parse(text.slice(start, at + 1), objects.length + 1));
    } else if (depth <= 0 && !/\s/.test(char ?? '')) {
      throw new LoadError(objects.length + 1, '-', `Invalid JSON: '${char}' outside of an object`);
    }
  }
  if (depth !== 0) throw new LoadError(objects.length + 1, '-', 'Invalid JSON: the object is not closed');
  return objects;
}

function parse(text: string, line: number): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LoadError(line, '-', `Invalid JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** As text, which PostgreSQL casts; nested values are loaded as JSON. */
function fieldOf(
  object: Readonly<Record<string, unknown>>,
  { name, maxBytes }: Column,
  line: number,
): string | null {
  const value = object[name];
  if (value === undefined || value === null) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (maxBytes !== undefined && Buffer.byteLength(text) > maxBytes) {
    throw new LoadError(
      line,
      name,
      `String length exceeds DDL length (${Buffer.byteLength(text)} of ${maxBytes} bytes)`,
    );
  }
  return text;
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const quoteTable = (table: string): string => table.split('.').map(quote).join('.');
