import type { Committed } from '../recount/committed.ts';
import type { Expected, Output } from './oracle.ts';

/** All must be 0. */
export interface Verdict {
  /** Results that did not come. */
  missing: number;
  /** Results that came again. */
  double: number;
  /** Results that no order of the inputs explains, so a store held something wrong; and keys whose results lie in another order. */
  stateWrong: number;
}

const NOTES_PER_TOPIC = 6;

/** Compares what readers of committed records see with the oracle. `notes` say in words what is wrong. */
export function judge(
  expected: ReadonlyMap<Output, Expected>,
  outputs: ReadonlyMap<Output, readonly Committed[]>,
): { verdict: Verdict; notes: string[]; seen: number } {
  const verdict: Verdict = { missing: 0, double: 0, stateWrong: 0 };
  const notes: string[] = [];
  let seen = 0;
  for (const [output, { ordered, values }] of expected) {
    const records = outputs.get(output) ?? [];
    seen += records.length;
    const own: string[] = [];
    const actual = Map.groupBy(records, ({ key }) => key?.toString() ?? '');
    for (const key of new Set([...values.keys(), ...actual.keys()])) {
      const wanted = values.get(key) ?? [];
      const open = tally(wanted);
      const inOrder: string[] = [];
      const firsts = new Map<string, Committed>();
      for (const record of actual.get(key) ?? []) {
        const { partition, offset, value, written } = record;
        const text = value?.toString() ?? 'null';
        const place = `${output} ${partition}@${offset}, ${key}: ${text}, ${written}`;
        const left = open.get(text);
        const first = firsts.get(text);
        if (left) {
          open.set(text, left - 1);
          inOrder.push(text);
          firsts.set(text, record);
        } else if (left === 0) {
          verdict.double++;
          own.push(`double: ${place}; before @${first?.offset} ${first?.written}`);
        } else {
          verdict.stateWrong++;
          own.push(`wrong: ${place}`);
        }
      }
      const absent = [...open].flatMap(([text, left]): string[] => Array.from({ length: left }, () => text));
      verdict.missing += absent.length;
      for (const text of absent) own.push(`missing: ${output}, ${key}: ${text}`);
      const there = wanted.filter((text) => open.get(text) === 0);
      const at = ordered ? there.findIndex((text, index) => text !== inOrder[index]) : -1;
      if (at >= 0) {
        verdict.stateWrong++;
        own.push(`order: ${output}, ${key}: ${inOrder[at]} where ${there[at]} should be`);
      }
    }
    notes.push(...own.slice(0, NOTES_PER_TOPIC));
    if (own.length > NOTES_PER_TOPIC) notes.push(`… and ${own.length - NOTES_PER_TOPIC} more of ${output}`);
  }
  return { verdict, notes, seen };
}

function tally(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
