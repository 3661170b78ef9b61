import { StreamsError } from '../errors.ts';
import type { NodeSpec } from './nodes.ts';
import { upstreamOf } from './upstream.ts';

const why = (sink: string, source: string) =>
  `the sink "${sink}" is fenced by offsets, and "${source}" above it forwards records when time passes, which have no place in a topic: ` +
  'put a repartition between them';

/** Sinks that tell repeats by offset, below nodes that are known to forward records without one. */
export function* fencedSinkProblems(nodes: readonly NodeSpec[]): Generator<string> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  for (const node of nodes) {
    if (node.kind !== 'external-sink' || !node.sink.fenced) continue;
    for (const above of upstreamOf(node, byName)) {
      if (above.kind !== 'processor' || above.operator.kind !== 'process' || !above.operator.forwardsOnTime)
        continue;
      yield why(node.name, above.name);
    }
  }
}

/** SINK_NEEDS_OFFSETS: for a processor of which it is known only when it schedules a punctuation or forwards. */
export const sinkNeedsOffsets = (sink: string, source: string): StreamsError =>
  new StreamsError('SINK_NEEDS_OFFSETS', 'fail', why(sink, source));
