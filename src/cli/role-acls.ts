import { countersTopology } from '../app/counters.ts';
import { countsTopology } from '../app/counts.ts';
import { warehouseTopology } from '../app/warehouse.ts';
import type { AclsConfig } from '../config/compile.ts';
import type { RoleName } from '../config/roles.ts';
import { createLocalCodec } from '../serdes/local-codec.ts';
import type { Topology } from '../topology/index.ts';
import { type Acl, aclsOf, aclsOfProducer } from '../topology/kafka/acls.ts';
import { applicationIdOf } from './application-id.ts';
import { cannotRun, developTopologyOf } from './offline.ts';

/** What a role needs on the brokers; nothing where it does not use them. The compiler asks here about every new role. */
export function roleAcls(role: RoleName, config: AclsConfig): readonly Acl[] {
  const { topics } = config;
  const stats = { imageStats: topics.stats, codec: createLocalCodec(), onUndecodable: () => {} };
  switch (role) {
    case 'develop':
      return application(role, developTopologyOf(config), config);
    case 'warehouse':
      return application(role, warehouseTopology({ ...stats, sink: nowhere(role) }), config);
    case 'counters':
      return application(role, countersTopology({ ...stats, sink: nowhere(role) }), config);
    case 'counts':
      return application(role, countsTopology({ ...stats, imageCounts: topics.counts }), config);
    case 'intake':
      return aclsOfProducer([topics.uploads]);
    case 'load':
      return [];
    default:
      throw new Error(`there is no role ${role satisfies never}`);
  }
}

const application = (role: RoleName, topology: Topology, { applicationId, guarantee }: AclsConfig) =>
  aclsOf(topology, { applicationId: applicationIdOf(applicationId, role), guarantee });

const nowhere = (name: string) => ({ name, write: cannotRun });
