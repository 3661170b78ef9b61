import type { Admin } from 'kafkajs';
import { ASSIGNER_NAME } from './assigner.ts';
import { assignmentOf, dataOf, type MemberData } from './member-data.ts';

export interface ViewedMember extends MemberData {
  readonly assignment: Readonly<Record<string, readonly number[]>>;
}

/** The members of a group; undefined while it rebalances, when brokers do not tell. */
export async function viewGroup(admin: Admin, groupId: string): Promise<readonly ViewedMember[] | undefined> {
  const { groups } = await admin.describeGroups([groupId]);
  const [group] = groups;
  switch (group?.state) {
    case undefined:
    case 'Dead':
    case 'Empty':
      return [];
    case 'Stable':
      break;
    default:
      return undefined;
  }
  if (group.protocol !== ASSIGNER_NAME) return group.members.map(() => ({ owned: [], assignment: {} }));
  return group.members.map(({ memberMetadata, memberAssignment }) => ({
    ...dataOf(memberMetadata),
    assignment: assignmentOf(memberAssignment),
  }));
}
