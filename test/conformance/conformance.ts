import { missing } from './adapter.ts';
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

async function runCase(testCase: Case): Promise<CaseResult> {
  const { file, name } = testCase;
  const operator = missing(testCase);
  if (operator !== undefined) return { file, name, outcome: 'skipped', details: [operator] };
  let details: string[];
  try {
    details = differences(testCase.expect, await drive(testCase));
  } catch (error) {
    details = [`the run broke off: ${error instanceof Error ? (error.stack ?? error.message) : error}`];
  }
  return { file, name, outcome: details.length > 0 ? 'failed' : 'passed', details };
}

/** Runs every case of a folder, one after another. Throws CaseFileError when there is none to run. */
export async function runConformance(folder: string): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const testCase of readCases(folder)) results.push(await runCase(testCase));
  return results;
}

export function count(results: readonly CaseResult[]) {
  const of = (outcome: CaseResult['outcome']) =>
    results.filter((result) => result.outcome === outcome).length;
  return { passed: of('passed'), failed: of('failed'), skipped: of('skipped') };
}
