// What PostgreSQL would take and Redshift would not (or would take and do something else): rules over the Redshift form of every
// statement under warehouse/. Each names the page of the AWS documentation that it stands on.
const DOCS = 'https://docs.aws.amazon.com/redshift/latest/dg/';

export interface Rule {
  readonly name: string;
  readonly page: string;
  /** What is wrong with a statement; undefined: nothing. */
  readonly check: (statement: string) => string | undefined;
}

/** Refuses what matches. */
const never = (name: string, page: string, pattern: RegExp, why: string): Rule => ({
  name,
  page: `${DOCS}${page}`,
  check: (statement) => {
    const [found] = pattern.exec(statement) ?? [];
    return found === undefined ? undefined : `${found.replace(/\s+/g, ' ')}: ${why}`;
  },
});

const MERGE = /^MERGE\s/i;
const MERGE_HEAD = /^MERGE\s+INTO\s+[\w.]+\s+USING\s+([\w.]+)(?:\s+AS)?(?:\s+\w+)?\s+ON\s/i;

function mergeHead(statement: string): string | undefined {
  if (!MERGE.test(statement) || MERGE_HEAD.test(statement)) return undefined;
  return 'MERGE is INTO a table without an alias USING a table, which may have one: no subquery';
}

function mergeClauses(statement: string): string | undefined {
  if (!MERGE.test(statement)) return undefined;
  const clauses = [...statement.matchAll(/\bWHEN\s+(NOT\s+)?MATCHED\b([\s\S]*?)\bTHEN\s+(\w+)/gi)].map(
    ([, not, condition = '', action = '']) => ({ not: Boolean(not), condition: condition.trim(), action }),
  );
  const [matched, notMatched] = clauses;
  if (clauses.length !== 2 || matched?.not || !notMatched?.not)
    return 'MERGE has one WHEN MATCHED and after it one WHEN NOT MATCHED';
  if (matched?.condition || notMatched.condition) return 'the clauses of MERGE take no AND and no BY';
  if (!/^(UPDATE|DELETE)$/i.test(matched?.action ?? '') || !/^INSERT$/i.test(notMatched.action))
    return 'MERGE updates or deletes what matches and inserts what does not';
  return undefined;
}

function mergeColumns(statement: string): string | undefined {
  const set = /\bUPDATE\s+SET\s+([\s\S]*?)\bWHEN\b/i.exec(MERGE.test(statement) ? statement : '')?.[1];
  const qualified = set?.split(',').find((assignment) => /^\s*\w+\.\w+\s*=/.test(assignment));
  return qualified && `${qualified.trim()}: the column to set is named without its table`;
}

const TYPES =
  'SMALLINT|INTEGER|BIGINT|DECIMAL|NUMERIC|REAL|DOUBLE PRECISION|BOOLEAN|CHAR|VARCHAR|DATE|TIMESTAMP|TIMESTAMPTZ|SUPER|VARBYTE';

/** `CREATE TABLE … AS SELECT` has none of its own. */
const isTableWithColumns = (statement: string) =>
  /^CREATE\s+(TEMP\s+)?TABLE\b/i.test(statement) && !/\bAS\s+SELECT\b/i.test(statement);

/** The types of a CREATE TABLE's columns and of casts. */
function types(statement: string): string | undefined {
  const known = new RegExp(`^(?:${TYPES})\\b(?!\\s*(?:\\(\\d+(?:,\\s*\\d+)?\\))?\\s*\\[)`, 'i');
  const columns = isTableWithColumns(statement) && /\(([\s\S]*)\)/.exec(statement)?.[1];
  const declared = (columns || '')
    .split(/,(?![^(]*\))/)
    .map((column) => column.trim())
    .filter((column) => column !== '' && !/^(LIKE|PRIMARY|UNIQUE|FOREIGN)\b/i.test(column))
    .map((column) => column.replace(/^\S+\s+/, ''));
  const cast = [
    ...[...statement.matchAll(/\bCAST\s*\([\s\S]*?\bAS\s+([^)]+)\)/gi)].map(([, type = '']) => type),
    ...[...statement.matchAll(/::\s*([\w[\]]+)/g)].map(([, type = '']) => type),
  ];
  const wrong = [...declared, ...cast].find((type) => !known.test(type));
  return wrong && `${wrong}: no type of Redshift, or one that it turns into another`;
}

function varcharLength(statement: string): string | undefined {
  if (!/^CREATE\s+(TEMP\s+)?TABLE\b/i.test(statement)) return undefined;
  return /\b(VARCHAR|CHAR)\b(?!\s*\()/i.test(statement)
    ? 'VARCHAR without a length is VARCHAR(256) on Redshift'
    : undefined;
}

/** Of the reserved words those that one would choose as a name and PostgreSQL allows. */
const RESERVED =
  'aes128|aes256|allowoverwrite|backup|blanksasnull|bytedict|credentials|deflate|defrag|delta|delta32k|emptyasnull|explicit|globaldict256|gzip|identity|ignore|language|lun|luns|lzo|minus|mostly8|mostly16|mostly32|new|offline|oid|old|open|parallel|partition|percent|permissions|pivot|qualify|raw|readratio|recover|rejectlog|resort|respect|restore|snapshot|sysdate|system|tag|tdes|text255|text32k|timestamp|top|trailing|truncatecolumns|unpivot|wallet|without';

function reservedNames(statement: string): string | undefined {
  const named = [
    ...statement.matchAll(/\bAS\s+(\w+)\b(?!\s*\()/gi),
    ...(isTableWithColumns(statement) ? statement.matchAll(/[(,]\s*(\w+)\s+[A-Z]+/g) : []),
  ].map(([, name = '']) => name);
  const isCastType = (name: string) =>
    new RegExp(`\\bCAST\\s*\\([^)]*\\bAS\\s+${name}\\)`, 'i').test(statement);
  const wrong = named.find((name) => new RegExp(`^(${RESERVED})$`, 'i').test(name) && !isCastType(name));
  return wrong && `${wrong}: a reserved word of Redshift`;
}

export const RULES: readonly Rule[] = [
  { name: 'merge-tables', page: `${DOCS}r_MERGE.html`, check: mergeHead },
  { name: 'merge-clauses', page: `${DOCS}r_MERGE.html`, check: mergeClauses },
  { name: 'merge-columns', page: `${DOCS}r_MERGE.html`, check: mergeColumns },
  { name: 'types', page: `${DOCS}c_Supported_data_types.html`, check: types },
  { name: 'varchar-length', page: `${DOCS}r_Character_types.html`, check: varcharLength },
  { name: 'reserved-words', page: `${DOCS}r_pg_keywords.html`, check: reservedNames },
  never('on-conflict', 'r_INSERT_30.html', /\bON\s+CONFLICT\b/i, 'INSERT has no such clause'),
  never('returning', 'r_INSERT_30.html', /\bRETURNING\b/i, 'no statement returns the rows that it changed'),
  never('filter', 'c_Aggregate_Functions.html', /\bFILTER\s*\(/i, 'aggregates take no FILTER, but CASE'),
  never(
    'unsupported-features',
    'c_unsupported-postgresql-features.html',
    /\bCREATE\s+(UNIQUE\s+)?(INDEX|TRIGGER|SEQUENCE|DOMAIN|TYPE|EXTENSION|RULE|TABLESPACE)\b/i,
    'there is none on Redshift',
  ),
  never(
    'partitions',
    'c_unsupported-postgresql-features.html',
    /\b(INHERITS\s*\(|PARTITION\s+OF\b|PARTITION\s+BY\s+(RANGE|LIST|HASH)\b)/i,
    'tables are neither inherited nor partitioned',
  ),
  never(
    'if-not-exists',
    'r_CREATE_VIEW.html',
    /\b(VIEW|INDEX|COLUMN|GROUP|USER|ROLE)\s+IF\s+NOT\s+EXISTS\b/i,
    'only tables and schemas take it',
  ),
  never('truncate', 'r_TRUNCATE.html', /^TRUNCATE\b/i, 'it commits the transaction that it is in'),
  never('lock-mode', 'r_LOCK.html', /^LOCK\b[\s\S]*\b(IN|NOWAIT)\b/i, 'LOCK has no modes'),
  never(
    'leader-node-time',
    'Date_functions_header.html',
    /\b(now\s*\(|current_timestamp\b|clock_timestamp\s*\(|localtimestamp\b|age\s*\()/i,
    'it runs on the leader node alone, which knows no tables: pass the time in',
  ),
  never(
    'leader-node-functions',
    'c_unsupported-postgresql-functions.html',
    /\b(generate_series|string_to_array|unnest|array_agg|string_agg|gen_random_uuid)\s*\(/i,
    'there is no such function where tables are',
  ),
  never('distinct-on', 'r_SELECT_synopsis.html', /\bDISTINCT\s+ON\s*\(/i, 'number the rows instead'),
  never('lateral', 'r_FROM_clause30.html', /\bLATERAL\b/i, 'FROM has none'),
  never(
    'on-commit',
    'r_CREATE_TABLE_NEW.html',
    /\bON\s+COMMIT\b/i,
    'a temporary table lasts for its session',
  ),
  never(
    'policy',
    'r_CREATE_RLS_POLICY.html',
    /\bCREATE\s+POLICY\b|\bENABLE\s+ROW\b/i,
    'it has its own syntax',
  ),
  never(
    'one-column-at-a-time',
    'r_ALTER_TABLE.html',
    /^ALTER\s+TABLE\b[\s\S]*\bADD\b[\s\S]*,\s*ADD\b/i,
    'each ALTER TABLE adds one column',
  ),
];

/** `rule: what is wrong` for each rule that the statement breaks. */
export const problemsOf = (statement: string): string[] =>
  RULES.flatMap(({ name, page, check }) => {
    const problem = check(statement);
    return problem === undefined ? [] : [`${name}: ${problem} (${page})`];
  });
