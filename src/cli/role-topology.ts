import { countersTopology } from '../app/counters.ts';
import { countsTopology } from '../app/counts.ts';
import { warehouseTopology } from '../app/warehouse.ts';
import type { RoleName } from '../config/roles.ts';
import { createLocalCodec } from '../serdes/local-codec.ts';
import type { Topology } from '../topology/index.ts';
import { cannotRun, developTopologyOf, type TopicNames } from './offline.ts';

/** The topology of a role to look at, nothing of it can run; undefined where the role is no application of the engine. */
export function roleTopology(role: RoleName, topics: TopicNames): Topology | undefined {
  const stats = { imageStats: topics.stats, codec: createLocalCodec(), onUndecodable: () => {} };
  switch (role) {
    case 'develop':
      return developTopologyOf({ topics });
    case 'warehouse':
      return warehouseTopology({ ...stats, sink: nowhere(role) });
    case 'counters':
      return countersTopology({ ...stats, sink: nowhere(role) });
    case 'counts':
      return countsTopology({ ...stats, imageCounts: topics.counts });
    case 'intake':
    case 'load':
      return undefined;
    default:
      throw new Error(`there is no role ${role satisfies never}`);
  }
}

const nowhere = (name: string) => ({ name, write: cannotRun });
