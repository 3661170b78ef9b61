import { TopologyError } from '../errors.ts';
import { describe } from './describe.ts';
import type { GraphDraft } from './draft.ts';
import { link } from './link.ts';
import { subTopologies } from './sub-topologies.ts';
import type { Topology } from './topology.ts';
import { graphProblems } from './validate.ts';
import { serialWarnings } from './warnings.ts';

/** Closes the draft. Throws one TopologyError with every mistake. */
export function buildTopology(draft: GraphDraft): Topology {
  draft.close();
  const graph = link(draft);
  const problems = [...draft.problems, ...graph.problems, ...graphProblems(graph.nodes, draft)];
  if (problems.length > 0) throw new TopologyError(problems);
  const parts = subTopologies(graph.nodes, graph.sources);
  return {
    subTopologies: parts,
    repartitionTopics: [...draft.repartitionTopics],
    warnings: [...graph.warnings, ...serialWarnings(graph.nodes)],
    describe: () => describe(parts),
  };
}
