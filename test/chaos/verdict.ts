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
      const open = new Set(wanted);
      const known = new Set(wanted);
      const inOrder: string[] = [];
      for (const { partition, offset, value } of actual.get(key) ?? []) {
        const text = value?.toString() ?? 'null';
        const place = `${output} ${partition}@${offset}, ${key}: ${text}`;
        if (open.delete(text)) inOrder.push(text);
        else if (known.has(text)) {
          verdict.double++;
          own.push(`double: ${place}`);
        } else {
          verdict.stateWrong++;
          own.push(`wrong: ${place}`);
        }
      }
      verdict.missing += open.size;
      for (const text of open) own.push(`missing: ${output}, ${key}: ${text}`);
      const there = wanted.filter((text) => !open.has(text));
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
