import { canonicalJson, isRecord } from './json.ts';

/**
 * The TypeScript of one Avro record schema: an interface for every record, a union for every enum, documented as the
 * schema is, and the schema itself as canonical JSON. Handles what schemas/ uses: records, enums, names of both, arrays,
 * unions of different kinds, string, boolean, int, long, double, bytes; anything else throws and names the place.
 */
export function typescriptOf(fileName: string, schema: unknown): string {
  const declarations: Declarations = new Map();
  const root = nameOf(schema, fileName);
  declare(schema, fileName, declarations);
  return [
    `// Generated from schemas/${fileName} by \`npm run generate\`. Do not edit.\n`,
    ...[...declarations.values()].reverse(),
    `/** schemas/${fileName} as canonical JSON. */`,
    `export const ${root[0]?.toLowerCase()}${root.slice(1)}Schema: string =\n  ${JSON.stringify(canonicalJson(schema))};`,
    '',
  ].join('\n');
}

/** TypeScript by the name of the type; a type may be named again after its declaration. */
type Declarations = Map<string, string>;

const PRIMITIVES: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Buffer',
};

/** The TypeScript of a type in a field; declares the named types that it holds. */
function typeOf(type: unknown, place: string, declarations: Declarations): string {
  if (typeof type === 'string') {
    if (declarations.has(type)) return type;
    return PRIMITIVES[type] ?? fail(place, `the type ${type} is not supported`);
  }
  if (Array.isArray(type)) {
    return type
      .map((branch) => typeOf(branch, place, declarations))
      .sort((a, b) => Number(a === 'null') - Number(b === 'null'))
      .join(' | ');
  }
  if (!isRecord(type)) return fail(place, 'it has no type');
  if (type.type === 'record' || type.type === 'enum') return declare(type, place, declarations);
  if (type.type === 'array') return `readonly ${typeOf(type.items, place, declarations)}[]`;
  return typeOf(type.type, place, declarations);
}

/** Adds the declaration of a record or enum and returns its name. */
function declare(schema: unknown, place: string, declarations: Declarations): string {
  const name = nameOf(schema, place);
  if (!isRecord(schema)) return fail(place, 'it is no schema');
  const doc = `/** ${docOf(schema, name)} */\n`;
  if (schema.type === 'enum' && Array.isArray(schema.symbols)) {
    const union = schema.symbols.map((symbol) => `'${String(symbol)}'`).join(' | ');
    declarations.set(name, `${doc}export type ${name} = ${union};\n`);
    return name;
  }
  if (schema.type !== 'record' || !Array.isArray(schema.fields)) return fail(place, 'it is no record');
  const fields = schema.fields.map((field: unknown) => {
    const fieldName = nameOf(field, `${place}, record ${name}`);
    const fieldPlace = `${place}, field ${name}.${fieldName}`;
    if (!isRecord(field)) return fail(fieldPlace, 'it is no field');
    return `  /** ${docOf(field, fieldPlace)} */\n  readonly ${fieldName}: ${typeOf(field.type, fieldPlace, declarations)};\n`;
  });
  declarations.set(name, `${doc}export interface ${name} {\n${fields.join('')}}\n`);
  return name;
}

function nameOf(schema: unknown, place: string): string {
  if (isRecord(schema) && typeof schema.name === 'string') return schema.name;
  return fail(place, 'it has no name');
}

function docOf(schema: Record<string, unknown>, place: string): string {
  if (typeof schema.doc === 'string') return schema.doc;
  return fail(place, 'it has no doc: every schema, enum and field says what it means');
}

function fail(place: string, problem: string): never {
  throw new Error(`schemas/${place}: ${problem}`);
}
