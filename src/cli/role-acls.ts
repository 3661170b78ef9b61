import type { AclsConfig } from '../config/compile.ts';
import type { RoleName } from '../config/roles.ts';
import { type Acl, aclsOf, aclsOfProducer } from '../topology/kafka/acls.ts';
import { applicationIdOf } from './application-id.ts';
import { roleTopology } from './role-topology.ts';

/** What a role needs on the brokers; nothing where it does not use them. */
export function roleAcls(role: RoleName, { applicationId, guarantee, topics }: AclsConfig): readonly Acl[] {
  const topology = roleTopology(role, topics);
  if (topology) return aclsOf(topology, { applicationId: applicationIdOf(applicationId, role), guarantee });
  return role === 'intake' ? aclsOfProducer([topics.uploads]) : [];
}
