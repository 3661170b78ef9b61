import { dirname, relative } from 'node:path';
import ts from 'typescript';

/** Chapters of the page, and the files (below the entry's folder) whose exports each of them has. */
const CHAPTERS: readonly (readonly [title: string, files: RegExp])[] = [
  ['Builder, streams and tables', /^(dsl|operators)\//],
  ['Records and serdes', /^(record|serde)\.ts$/],
  ['Processors', /^graph\/nodes\.ts$/],
  ['Stores', /^stores\//],
  ['The built topology', /^graph\//],
  ['Tests without a broker', /^testing\//],
  ['On a broker', /^kafka\//],
  ['Errors', /^(errors|task\/error-handlers)\.ts$/],
  ['Sinks outside Kafka', /^external-sink\.ts$/],
];

interface Entry {
  readonly name: string;
  readonly file: string;
  readonly doc: string;
  /** As it would stand in a `.d.ts` file. */
  readonly declaration: string;
}

/** Every export of a module with its declaration and docstring, by chapter, as Markdown. */
export function apiReference(entryFile: string, tsconfig: string): string {
  const entries = exportsOf(entryFile, tsconfig);
  const homeless = entries.filter(({ file }) => !CHAPTERS.some(([, files]) => files.test(file)));
  if (homeless.length > 0) {
    throw new Error(`no chapter for ${homeless.map(({ name, file }) => `${name} of ${file}`).join(', ')}`);
  }
  const taken = new Set<Entry>();
  const chapters = CHAPTERS.map(([title, files]) => {
    const own = entries.filter((entry) => files.test(entry.file) && !taken.has(entry));
    for (const entry of own) taken.add(entry);
    return [title, own] as const;
  });
  return chapters
    .filter(([, own]) => own.length > 0)
    .map(([title, own]) => `## ${title}\n\n${own.map(asMarkdown).join('\n')}`)
    .join('\n');
}

function asMarkdown({ name, doc, declaration }: Entry): string {
  return `### ${name}\n\n${doc && `${doc}\n\n`}\`\`\`ts\n${declaration}\n\`\`\`\n`;
}

function exportsOf(entryFile: string, tsconfig: string): Entry[] {
  const config = ts.parseJsonConfigFileContent(
    ts.readConfigFile(tsconfig, ts.sys.readFile).config,
    ts.sys,
    dirname(tsconfig),
  );
  const program = ts.createProgram([entryFile], {
    ...config.options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
  });
  const checker = program.getTypeChecker();
  const entry = program.getSourceFile(entryFile);
  const module = entry && checker.getSymbolAtLocation(entry);
  if (!module) throw new Error(`${entryFile} exports nothing`);
  const declarationsOf = emitted(program);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => {
      const aliased = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const source = aliased.declarations?.[0]?.getSourceFile();
      if (!source) throw new Error(`${symbol.name} has no declaration`);
      const doc = ts.displayPartsToString(aliased.getDocumentationComment(checker));
      const declaration = declarationsOf(source).get(aliased.name);
      if (declaration === undefined)
        throw new Error(`${symbol.name} is not in what ${source.fileName} emits`);
      return { name: symbol.name, file: relative(dirname(entryFile), source.fileName), doc, declaration };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The declarations of a file by name, without bodies and private members. */
function emitted(program: ts.Program): (source: ts.SourceFile) => ReadonlyMap<string, string> {
  const known = new Map<ts.SourceFile, ReadonlyMap<string, string>>();
  return (source) => {
    const before = known.get(source);
    if (before) return before;
    let text = '';
    program.emit(source, (_path, written) => (text = written), undefined, true);
    const parsed = ts.createSourceFile('emitted.d.ts', text, ts.ScriptTarget.Latest, true);
    const declarations = new Map<string, string>();
    for (const statement of parsed.statements) {
      const shown = withoutPrivate(statement.getText(parsed));
      for (const name of namesOf(statement)) {
        const overload = declarations.get(name);
        declarations.set(name, overload === undefined ? shown : `${overload}\n${shown}`);
      }
    }
    known.set(source, declarations);
    return declarations;
  };
}

/** What the compiler leaves of `#fields`, and `declare`, tell a reader nothing; two blanks indent, as in the sources. */
function withoutPrivate(text: string): string {
  return text
    .replace(/^ *#private;\n/m, '')
    .replace(/^export declare /, 'export ')
    .replaceAll(/^ +/gm, (indent) => indent.replaceAll('    ', '  '));
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const named =
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isFunctionDeclaration(statement);
  return named && statement.name ? [statement.name.text] : [];
}
