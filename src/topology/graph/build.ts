import { TopologyError } from '../errors.ts';
import { describe } from './describe.ts';
import type { GraphDraft } from './draft.ts';
import { isNode, link } from './link.ts';
import { numberParts } from './sub-topologies.ts';
import type { Topology } from './topology.ts';
import { graphProblems } from './validate.ts';
import { serialWarnings } from './warnings.ts';

/** Closes the draft. Throws one TopologyError with every mistake. */
export function buildTopology(draft: GraphDraft): Topology {
  draft.close();
  const graph = link(draft);
  const problems = [...draft.problems, ...graph.problems, ...graphProblems(graph, draft)];
  if (problems.length > 0) throw new TopologyError(problems);
  const parts = numberParts(graph, draft);
  return {
    subTopologies: parts.filter((part) => 'nodes' in part),
    repartitionTopics: draft.repartitions.map(({ topic }) => topic),
    globalTables: draft.globalTables.map(({ table }) => table),
    warnings: [...graph.warnings, ...serialWarnings(graph.entries.filter(isNode))],
    describe: () => describe(parts),
  };
}
