import type { Consumer, Kafka } from 'kafkajs';
import type { Topology } from '../graph/topology.ts';
import { stickyAssigner } from './assigner.ts';
import type { MemberData } from './member-data.ts';
import type { StreamsOptions } from './settings.ts';
import { type TopicNames, tasksOf } from './task-ids.ts';

/** KafkaJS sends heartbeats between fetches only, so a fetch must not wait long. */
const FETCH_WAIT_MS = 100;
const MAX_FETCH_BYTES = 8 * 1024 * 1024;
/** Small records come fastest in small portions: what one fetch brings is decoded in one go. */
const PARTITION_FETCH_BYTES = 512 * 1024;

export interface GroupConsumerOptions {
  readonly kafka: Kafka;
  readonly topology: Topology;
  readonly names: TopicNames;
  readonly settings: StreamsOptions;
  readonly self: () => MemberData;
}

/** The consumer that is the application's member of its group. */
export function groupConsumer({ kafka, topology, names, settings, self }: GroupConsumerOptions): Consumer {
  const { applicationId, sessionTimeoutMs, maxPartitionFetchBytes } = settings;
  return kafka.consumer({
    groupId: applicationId,
    partitionAssigners: [
      stickyAssigner({
        self,
        tasks: (partitionsOf) => tasksOf(topology, names, partitionsOf),
        topicsOf: ({ subTopology }) => names.sourcesOf(subTopology),
      }),
    ],
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.min(3_000, sessionTimeoutMs / 4),
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytes: MAX_FETCH_BYTES,
    maxBytesPerPartition: maxPartitionFetchBytes ?? PARTITION_FETCH_BYTES,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 8, restartOnFailure: async () => true },
  });
}
