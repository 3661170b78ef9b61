/** A member of the group and the tasks that it runs now. */
export interface Member {
  readonly id: string;
  readonly owned: readonly string[];
  /** The tasks whose state it has on its disk. */
  readonly local?: readonly string[];
}

/**
 * Deals tasks to members: evenly within each sub-topology and in all, and where that allows it, to the member that runs
 * the task already, or else has its state. Depends on its input alone, not on the order of members.
 * @param groups the task keys of each sub-topology
 */
export function assignTasks(
  groups: readonly (readonly string[])[],
  members: readonly Member[],
): Map<string, string[]> {
  const sorted = members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const totals = new Map(sorted.map(({ id }) => [id, [] as string[]]));
  for (const group of groups) assignGroup(group, sorted, totals);
  return totals;
}

function assignGroup(
  group: readonly string[],
  members: readonly Member[],
  totals: Map<string, string[]>,
): void {
  const inGroup = new Set(group);
  const least = Math.floor(group.length / members.length);
  let extra = group.length % members.length;
  const shares = members
    .map((member) => ({
      got: totals.get(member.id) ?? [],
      owned: member.owned.filter((task) => inGroup.has(task)),
      local: (member.local ?? []).filter((task) => inGroup.has(task)),
      left: least,
    }))
    .toSorted((a, b) => a.got.length - b.got.length || b.owned.length - a.owned.length);
  for (const share of shares) {
    if (extra === 0) break;
    share.left++;
    extra--;
  }
  const free = new Set(group);
  const give = (share: (typeof shares)[number], task: string) => {
    share.got.push(task);
    share.left--;
    free.delete(task);
  };
  for (const share of shares) {
    for (const task of share.owned) if (share.left > 0 && free.has(task)) give(share, task);
  }
  for (const share of shares) {
    for (const task of share.local) if (share.left > 0 && free.has(task)) give(share, task);
  }
  for (const share of shares) {
    for (const task of free) if (share.left > 0) give(share, task);
  }
}
