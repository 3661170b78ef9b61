import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** One line of a case file; the format is described in cases/README.md. */
export interface Case {
  readonly name: string;
  readonly file: string;
  readonly config: Config;
  readonly topology: readonly Entry[];
  readonly inputs: readonly Input[];
  readonly expect: Expectation;
}

/** Absent fields are 0 or false. */
interface Config {
  readonly cacheBytes?: number;
  readonly caching?: boolean;
  readonly emitIntervalMs?: number;
  readonly initialWallClockMs?: number;
}

/** One DSL call: the fields of all operators. */
export interface Entry {
  readonly op: string;
  readonly id?: string;
  readonly from?: string;
  readonly with?: string;
  readonly name?: string;
  readonly topics?: readonly string[];
  readonly topic?: string;
  readonly topicFn?: string;
  readonly fn?: string;
  readonly fnWithKey?: string;
  readonly keyFn?: string;
  readonly timestampExtractor?: string;
  readonly branches?: readonly Branch[];
  readonly default?: Omit<Branch, 'fn'>;
  readonly via?: string;
  readonly partitions?: number;
  readonly processor?: string;
  readonly stores?: readonly string[];
  readonly store?: string;
  readonly materialized?: MaterializedFields;
  readonly windows?: WindowFields;
  readonly strategy?: string;
  readonly reducer?: string;
  readonly init?: string;
  readonly aggregator?: string;
  readonly merger?: string;
  readonly adder?: string;
  readonly subtractor?: string;
  readonly until?: string;
  readonly timeMs?: number;
  readonly maxRecords?: number;
  readonly joiner?: string;
  readonly joinerWithKey?: string;
  readonly graceMs?: number;
}

interface Branch {
  readonly id: string;
  readonly fn: string;
  readonly name?: string;
}

interface MaterializedFields {
  readonly store?: string;
  readonly retentionMs?: number;
  readonly logging?: boolean;
  readonly caching?: boolean;
  readonly kind?: string;
}

/** `type` says which of the others are there; the windows of joins have none. */
export interface WindowFields {
  readonly type?: string;
  readonly sizeMs?: number;
  readonly advanceMs?: number;
  readonly gapMs?: number;
  readonly beforeMs?: number;
  readonly afterMs?: number;
  readonly graceMs: number;
}

type HeaderPairs = readonly (readonly [name: string, value: string | null])[];

export type Input = InputRecord | { readonly advanceWallClockMs: number };

export interface InputRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers?: HeaderPairs;
}

export interface OutputRecord {
  readonly at: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers?: HeaderPairs;
}

export interface TracedCall {
  readonly at: number;
  readonly key: string | null;
  readonly value: string | null;
}

/** Windows and sessions have a start and an end; timestamped stores a timestamp. */
export interface StoreRow {
  readonly key: string | null;
  readonly start?: number;
  readonly end?: number;
  readonly value: string | null;
  readonly timestamp?: number;
}

/** What Kafka Streams did; a field that is absent was not recorded. */
export interface Expectation {
  readonly describe?: string;
  readonly outputs?: Readonly<Record<string, readonly OutputRecord[]>>;
  readonly traces?: Readonly<Record<string, readonly TracedCall[]>>;
  readonly stores?: Readonly<Record<string, readonly StoreRow[]>>;
  readonly branchKeys?: Readonly<Record<string, readonly string[]>>;
  /** Name of the store of each table that can be queried, by the table's id. */
  readonly queryableStores?: Readonly<Record<string, string>>;
  readonly buildError?: unknown;
  readonly error?: { readonly at: number };
}

/** A folder or file that cannot be used; its message is for the person who named it. */
export class CaseFileError extends Error {}

interface CaseLine extends Omit<Case, 'file' | 'config'> {
  readonly config?: Config;
}

function isCaseLine(value: unknown): value is CaseLine {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'name' in value &&
    typeof value.name === 'string' &&
    'topology' in value &&
    Array.isArray(value.topology) &&
    'inputs' in value &&
    Array.isArray(value.inputs) &&
    'expect' in value &&
    typeof value.expect === 'object' &&
    value.expect !== null
  );
}

function parseLine(line: string, place: string, file: string): Case {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw new CaseFileError(`${place} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isCaseLine(parsed)) {
    throw new CaseFileError(
      `${place} is no case: it needs name, topology, inputs and expect (what the Java runner added)`,
    );
  }
  const { name, topology, inputs, expect, config = {} } = parsed;
  return { name, file, topology, inputs, expect, config };
}

/** All cases of the `.jsonl` files directly in `folder`, by file name. */
export function readCases(folder: string): Case[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CaseFileError(`there is no folder ${folder}; name one that holds .jsonl case files`);
  }
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .toSorted();
  if (files.length === 0) throw new CaseFileError(`the folder ${folder} holds no .jsonl case file`);
  return files.flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => (line.trim() === '' ? [] : [parseLine(line, `${file}, line ${i + 1},`, file)])),
  );
}
