import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskStorage } from '../../src/topology/stores/bytes.ts';
import { LmdbStorage } from '../../src/topology/stores/lmdb-storage.ts';
import { MemoryStorage } from '../../src/topology/stores/memory-storage.ts';
import { missing } from './calls.ts';
import { type Case, readCases } from './case.ts';
import { differences } from './compare.ts';
import { drive } from './drive.ts';

export interface CaseResult {
  readonly file: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Failed: how it differs from Kafka Streams. Skipped: what is not built. */
  readonly details: readonly string[];
}

/** Where the stores' rows lie: each case runs with each. */
export const STORAGES = ['lmdb', 'memory'] as const;
export type StorageKind = (typeof STORAGES)[number];

async function compare(testCase: Case, storage: TaskStorage): Promise<string[]> {
  try {
    return differences(testCase.expect, await drive(testCase, storage));
  } catch (error) {
    return [`the run broke off: ${error instanceof Error ? (error.stack ?? error.message) : error}`];
  } finally {
    storage.close();
  }
}

async function runCase(testCase: Case, kinds: readonly StorageKind[], folder: string): Promise<CaseResult> {
  const { file, name } = testCase;
  const operator = missing(testCase);
  if (operator !== undefined) return { file, name, outcome: 'skipped', details: [operator] };
  const details: string[] = [];
  for (const kind of kinds) {
    const storage = kind === 'lmdb' ? LmdbStorage.open(folder) : new MemoryStorage();
    const found = await compare(testCase, storage);
    if (found.length > 0) details.push(`with the storage "${kind}":`, ...found);
  }
  return { file, name, outcome: details.length > 0 ? 'failed' : 'passed', details };
}

/** Runs every case of a folder, one after another. Throws CaseFileError when there is none to run. */
export async function runConformance(
  folder: string,
  kinds: readonly StorageKind[] = STORAGES,
): Promise<CaseResult[]> {
  const cases = readCases(folder);
  const state = mkdtempSync(join(tmpdir(), 'conformance-state-'));
  try {
    const results: CaseResult[] = [];
    for (const [i, testCase] of cases.entries()) {
      const own = join(state, String(i));
      mkdirSync(own);
      results.push(await runCase(testCase, kinds, own));
      rmSync(own, { recursive: true });
    }
    return results;
  } finally {
    rmSync(state, { recursive: true });
  }
}

export function count(results: readonly CaseResult[]) {
  const of = (outcome: CaseResult['outcome']) =>
    results.filter((result) => result.outcome === outcome).length;
  return { passed: of('passed'), failed: of('failed'), skipped: of('skipped') };
}
