import { isDeepStrictEqual } from 'node:util';
import type { Expectation } from './case.ts';

/** The first place where two lists differ, with what stood there. */
function firstDifference(what: string, expected: readonly unknown[], actual: readonly unknown[]): string[] {
  const length = Math.max(expected.length, actual.length);
  for (let i = 0; i < length; i++) {
    if (isDeepStrictEqual(expected[i], actual[i])) continue;
    const show = (list: readonly unknown[]) => (i < list.length ? JSON.stringify(list[i]) : '(nothing)');
    return [`${what}, entry ${i}:`, `  - ${show(expected)}`, `  + ${show(actual)}`];
  }
  return [];
}

type Lists = Readonly<Record<string, readonly unknown[]>>;

function compareLists(what: string, expected: Lists = {}, actual: Lists = {}): string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].toSorted();
  return names.flatMap((name) =>
    firstDifference(`${what} of "${name}"`, expected[name] ?? [], actual[name] ?? []),
  );
}

const failure = (error: Expectation['error']) => (error ? `input ${error.at} fails` : 'no input fails');

/** Lines that say how `actual` is not what Kafka Streams did ("-" is Kafka Streams); none when it is. */
export function differences(expected: Expectation, actual: Expectation): string[] {
  if (expected.buildError !== undefined || actual.buildError !== undefined) {
    if (expected.buildError !== undefined && actual.buildError !== undefined) return [];
    return [
      'building the topology:',
      `  - ${expected.buildError === undefined ? 'succeeds' : `fails: ${JSON.stringify(expected.buildError)}`}`,
      `  + ${actual.buildError === undefined ? 'succeeds' : `fails: ${JSON.stringify(actual.buildError)}`}`,
    ];
  }
  return [
    ...firstDifference(
      'describe()',
      expected.describe?.split('\n') ?? [],
      expected.describe === undefined ? [] : (actual.describe?.split('\n') ?? []),
    ),
    ...firstDifference('error', [failure(expected.error)], [failure(actual.error)]),
    ...compareLists('outputs', expected.outputs, actual.outputs),
    ...compareLists('traces', expected.traces, actual.traces),
    ...compareLists('stores', expected.stores, actual.stores),
    ...compareLists('branchKeys', expected.branchKeys, actual.branchKeys),
    ...firstDifference(
      'queryableStores',
      Object.entries(expected.queryableStores ?? {}).toSorted(),
      Object.entries(actual.queryableStores ?? {}).toSorted(),
    ),
  ];
}
