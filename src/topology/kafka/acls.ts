import type { Topology } from '../graph/topology.ts';
import type { Guarantee } from './settings.ts';

/** As `kafka-acls.sh` writes them. */
export type AclOperation =
  | 'Read'
  | 'Write'
  | 'Create'
  | 'Describe'
  | 'Delete'
  | 'DescribeConfigs'
  | 'IdempotentWrite';

/** One thing that a principal must be allowed. What Kafka implies (Read and Write imply Describe) is not written again. */
export interface Acl {
  readonly resource: 'topic' | 'group' | 'transactional-id' | 'cluster';
  readonly name: string;
  /** `prefixed`: of all whose names begin with `name`. */
  readonly pattern: 'literal' | 'prefixed';
  readonly operations: readonly AclOperation[];
  /** What for, in a few words. */
  readonly why: string;
}

/**
 * What an application must be allowed to run a topology, from the topology itself, and nothing more. Topics that a sink chooses for each
 * record are not in it: nobody knows them before.
 */
export function aclsOf(
  topology: Topology,
  { applicationId, guarantee }: { readonly applicationId: string; readonly guarantee: Guarantee },
): readonly Acl[] {
  const own = new Set(topology.repartitionTopics.map(({ name }) => name));
  const nodes = topology.subTopologies.flatMap((sub) => sub.nodes);
  const reads = [
    ...nodes.flatMap((node) => (node.kind === 'source' ? node.topics : [])),
    ...topology.globalTables.flatMap(({ source }) => source.topics),
  ];
  const writes = nodes.flatMap((node) =>
    node.kind === 'sink' && typeof node.topic === 'string' ? [node.topic] : [],
  );
  const keepsState = topology.subTopologies.some(({ stores }) => stores.some(({ logged }) => logged));
  const prefix = `${applicationId}-`;
  return [
    ...topicAcls({
      reads: reads.filter((topic) => !own.has(topic)),
      writes: writes.filter((topic) => !own.has(topic)),
      writing: ['Write', 'DescribeConfigs'], // how large a record the topic takes
    }),
    ...(own.size > 0 || keepsState ? [internalTopics(prefix)] : []),
    ...[...own].map((name) =>
      literal('topic', prefix + name, ['Delete'], 'records that it has done are removed'),
    ),
    literal('group', applicationId, ['Read'], 'its consumer group'),
    guarantee === 'exactly_once'
      ? {
          ...literal('transactional-id', prefix, ['Write'], 'a transaction for each task'),
          pattern: 'prefixed',
        }
      : IDEMPOTENT,
  ];
}

/** What must be allowed to who only writes, idempotently. */
export const aclsOfProducer = (topics: readonly string[]): readonly Acl[] => [
  ...topicAcls({ reads: [], writes: topics }),
  IDEMPOTENT,
];

const literal = (
  resource: Acl['resource'],
  name: string,
  operations: readonly AclOperation[],
  why: string,
): Acl => ({ resource, name, pattern: 'literal', operations, why });

/** Brokers before 2.8 ask for it; later ones take Write on a topic for enough. */
const IDEMPOTENT = literal('cluster', 'kafka-cluster', ['IdempotentWrite'], 'its producers are idempotent');

const internalTopics = (prefix: string): Acl => ({
  resource: 'topic',
  name: prefix,
  pattern: 'prefixed',
  operations: ['Create', 'Read', 'Write', 'DescribeConfigs'],
  why: 'its own repartition topics and changelogs, made and checked at the start',
});

function topicAcls({
  reads,
  writes,
  writing = ['Write'],
}: {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly writing?: readonly AclOperation[];
}): Acl[] {
  const [read, written] = [new Set(reads), new Set(writes)];
  return [...new Set([...reads, ...writes])].map((topic) => {
    const operations: AclOperation[] = [
      ...(read.has(topic) ? ['Read' as const] : []),
      ...(written.has(topic) ? writing : []),
    ];
    return literal('topic', topic, operations, read.has(topic) ? 'a source' : 'a sink');
  });
}
