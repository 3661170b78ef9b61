import { StreamsError } from '../errors.ts';
import type { SubTopology, Topology } from '../graph/topology.ts';

const writes = (sub: SubTopology, topic: string) =>
  sub.nodes.some((node) => node.kind === 'sink' && node.topic === topic);

const sourcesOf = (sub: SubTopology) =>
  sub.nodes.flatMap((node) => (node.kind === 'source' ? node.topics : []));

/**
 * The partitions of each repartition topic, by its name in the topology: as declared; else as many as the topics have with
 * which it must be copartitioned; else as many as the widest topic that flows into it. Throws NOT_COPARTITIONED naming
 * topics whose records must meet and that differ.
 */
export function repartitionWidths(
  topology: Topology,
  counts: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const own = new Map(topology.repartitionTopics.map((topic) => [topic.name, topic.partitions]));
  const groups = topology.subTopologies.flatMap((sub) => sub.copartitioned);
  const resolved = new Map<string, number>();
  /** What a topic has by itself, whatever its neighbours have. */
  const fixed = (topic: string) => (own.has(topic) ? own.get(topic) : (counts.get(topic) ?? 0));
  const fromUpstream = (topic: string, path: readonly string[]) =>
    Math.max(
      1,
      ...topology.subTopologies
        .filter((sub) => writes(sub, topic))
        .flatMap(sourcesOf)
        .map((source) => resolve(source, [...path, topic])),
    );
  const resolve = (topic: string, path: readonly string[]): number => {
    const known = fixed(topic) ?? resolved.get(topic);
    if (known !== undefined || path.includes(topic)) return known ?? 0;
    const group = neighbours(topic, groups);
    const [decided] = group.flatMap((member) => fixed(member) ?? []);
    const width = decided ?? Math.max(...group.map((member) => fromUpstream(member, [...path, ...group])));
    for (const member of group) if (fixed(member) === undefined) resolved.set(member, width);
    return width;
  };
  const widths = new Map([...own.keys()].map((topic) => [topic, resolve(topic, [])]));
  for (const group of groups)
    requireEqual(group, (topic) => widths.get(topic) ?? counts.get(topic) ?? 0, own);
  return widths;
}

/** The topic and all that have to be copartitioned with it, also by way of a third. */
function neighbours(topic: string, groups: readonly (readonly string[])[]): readonly string[] {
  const found = new Set([topic]);
  for (const member of found) {
    for (const group of groups) if (group.includes(member)) for (const other of group) found.add(other);
  }
  return [...found];
}

function requireEqual(
  group: readonly string[],
  widthOf: (topic: string) => number,
  own: ReadonlyMap<string, number | undefined>,
): void {
  if (new Set(group.map(widthOf)).size <= 1) return;
  const list = group
    .map((topic) => `${topic} has ${widthOf(topic)}${own.get(topic) === undefined ? '' : ' (declared)'}`)
    .join(', ');
  throw new StreamsError(
    'NOT_COPARTITIONED',
    'fail',
    `records of one key must meet in one task, so these topics need equal numbers of partitions: ${list}. Repartition one side ` +
      '(repartition({ as, partitions })), or give the topics equal numbers of partitions',
  );
}
