import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CaseFileError } from './case.ts';
import { type CaseResult, count, runConformance, STORAGES, type StorageKind } from './conformance.ts';

const USAGE = `npm run conformance -- [--cases FOLDER] [--storage lmdb|memory] [--json]

Compares the engine with what Kafka Streams did in each recorded case of FOLDER (*.jsonl; default: all of ours).
  --storage   where the stores' rows lie; default: each case runs with both
  --json      one line a case, then {"passed":…,"failed":…,"skipped":…}
Exit code 0: all that could run passed; 1: a case failed; 2: wrong usage.
`;

interface Options {
  readonly folder: string;
  readonly json: boolean;
  readonly storages: readonly StorageKind[];
}

function storagesOf(given: string | undefined): readonly StorageKind[] {
  if (given === undefined) return STORAGES;
  const storages = STORAGES.filter((kind) => kind === given);
  if (storages.length === 0) throw new TypeError(`--storage is ${STORAGES.join(' or ')}; got ${given}`);
  return storages;
}

function parse(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        cases: { type: 'string', default: join(import.meta.dirname, 'cases') },
        json: { type: 'boolean', default: false },
        storage: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return undefined;
    }
    // npm runs scripts in the project's folder; INIT_CWD is where the user stands.
    const from = process.env.INIT_CWD ?? process.cwd();
    return { folder: resolve(from, values.cases), json: values.json, storages: storagesOf(values.storage) };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

function skippedByOperator(results: readonly CaseResult[]): string[] {
  const byOperator = new Map<string, string[]>();
  for (const { outcome, name, details } of results) {
    if (outcome !== 'skipped') continue;
    const operator = details.join();
    byOperator.set(operator, [...(byOperator.get(operator) ?? []), name]);
  }
  return [...byOperator]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([operator, names]) => {
      const more = names.length > 3 ? `, and ${names.length - 3} more` : '';
      return `  ${operator}: ${names.length} (${names.slice(0, 3).join(', ')}${more})`;
    });
}

function summary(results: readonly CaseResult[]): string {
  const { passed, failed, skipped } = count(results);
  const failures = results
    .filter((result) => result.outcome === 'failed')
    .flatMap(({ file, name, details }) => [
      `FAILED ${file} ${name}  (- Kafka Streams, + this engine)`,
      ...details.map((line) => `  ${line}`),
    ]);
  const skips = skippedByOperator(results);
  return [
    ...failures,
    ...(skips.length > 0 ? ['Skipped, because this is not built:', ...skips] : []),
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
    '',
  ].join('\n');
}

const options = parse();
if (options) {
  try {
    const results = await runConformance(options.folder, options.storages);
    const lines = [...results, count(results)].map((line) => `${JSON.stringify(line)}\n`);
    process.stdout.write(options.json ? lines.join('') : summary(results));
    process.exitCode = count(results).failed > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof CaseFileError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
