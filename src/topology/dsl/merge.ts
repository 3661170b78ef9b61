import { type StreamEnd, streamOf } from './ends.ts';
import type { Named } from './functions.ts';
import { passThrough } from './operators.ts';

/** Both streams in one node; a serde is known if both have the same. */
export function mergeStreams(stream: StreamEnd, merged: object, { as }: Named): StreamEnd {
  const { draft, serdes } = stream;
  const name = draft.nameOr(as, 'KSTREAM-MERGE-');
  const other = streamOf(draft, merged);
  if (!other)
    draft.problem(`merge "${name}": the other stream is of another StreamsBuilder; make both with one`);
  const ends = other ? [stream, other] : [stream];
  const parents = ends.map(({ node }) => node);
  return {
    draft,
    node: draft.add({ kind: 'processor', name, parents: [], operator: passThrough }, parents),
    serdes: {
      key: serdes.key === other?.serdes.key ? serdes.key : undefined,
      value: serdes.value === other?.serdes.value ? serdes.value : undefined,
    },
    sources: ends.flatMap(({ sources }) => sources),
    keyChanged: ends.some(({ keyChanged }) => keyChanged),
  };
}
