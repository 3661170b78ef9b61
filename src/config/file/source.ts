import { readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { loadModule } from './load-module.ts';

type Path = readonly PropertyKey[];

/** A file as it was read, before anything of it is judged. */
export interface Source {
  readonly value: unknown;
  /** Why there is no value, each with its place. */
  readonly problems: readonly string[];
  /** `:12:5`, line and column of a place, both from 1; empty where that is not known. `atKey`: of the key, not of what it holds. */
  placeOf(path: Path, atKey: boolean): string;
}

const unreadable = (problem: string): Source => ({
  value: undefined,
  problems: [problem],
  placeOf: () => '',
});

/** Reads YAML, JSON, JavaScript or TypeScript, by the end of its name. */
export async function readSource(file: string): Promise<Source> {
  const path = resolve(file);
  try {
    if (/^\.(ya?ml|json)$/.test(extname(path))) return yamlSource(file, readFileSync(path, 'utf8'));
    const value = await loadModule(path);
    if (value === undefined)
      return unreadable(`${file} has no default export; it must be as in export default defineConfig({ … })`);
    return { value, problems: [], placeOf: () => '' };
  } catch (error) {
    const [why] = (error instanceof Error ? error.message : String(error)).split('\n');
    return unreadable(`${file} cannot be read: ${why}`);
  }
}

/** JSON is YAML too. */
function yamlSource(file: string, text: string): Source {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, merge: true, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = counter.linePos(offset);
    return `:${line}:${col}`;
  };
  const problems = document.errors.map(({ message, pos }) => `${file}${at(pos[0])}: ${message}`);
  if (problems.length > 0) return { value: undefined, problems, placeOf: () => '' };
  const placeOf: Source['placeOf'] = (path, atKey) => {
    let node: unknown = document.contents;
    let found = isNode(node) ? node : undefined;
    path.forEach((key, index) => {
      const inner = memberOf(node, key, atKey && index === path.length - 1);
      node = inner?.node;
      found = inner?.shown ?? found;
    });
    return found?.range ? at(found.range[0]) : '';
  };
  return { value: document.toJS(), problems, placeOf };

  /** What lies under a key, and the node to point at; undefined for what is missing or merged into a mapping. */
  function memberOf(
    parent: unknown,
    key: PropertyKey,
    wantKey: boolean,
  ): { node: unknown; shown: Node | undefined } | undefined {
    const node = isAlias(parent) ? parent.resolve(document) : parent;
    if (isSeq(node) && typeof key === 'number') {
      const item = node.items[key];
      return { node: item, shown: isNode(item) ? item : undefined };
    }
    if (!isMap(node)) return undefined;
    const pair = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key,
    );
    if (!pair) return undefined;
    const told = wantKey || !isNode(pair.value) ? pair.key : pair.value;
    return { node: pair.value, shown: isNode(told) ? told : undefined };
  }
}
