import type { DevelopTopics } from '../app/deps.ts';
import { developTopology } from '../app/develop.ts';
import { type Env, topologyConfig } from '../config/compile.ts';
import { createLocalCodec } from '../serdes/local-codec.ts';
import type { ObjectFetcher } from '../sources/object-fetcher.ts';
import type { Topology } from '../topology/index.ts';

/** Where there is no object storage, a reference leads nowhere: its image is rejected as not found. */
export const noObjects: ObjectFetcher = {
  head: async () => undefined,
  get: async () => ({ found: 'nothing' }),
};

export type TopicNames = ReturnType<typeof topologyConfig>['topics'];

/** The configured topic names as the application calls them. */
export const developTopics = (topics: TopicNames): DevelopTopics => ({
  imageUploads: topics.uploads,
  imageStream: topics.stream,
  imagePolicies: topics.policies,
  imageStats: topics.stats,
  imageDeadLetter: topics.deadLetters,
});

/** What a topology that is only looked at has instead of functions of the outside. */
export const cannotRun = () => Promise.reject(new Error('this topology is only described'));

/** The topology of "develop" to look at: nothing of it can run. */
export function developTopologyOf({ topics }: { readonly topics: TopicNames }, workers = 1): Topology {
  return developTopology({
    topics: developTopics(topics),
    codec: createLocalCodec(),
    fetcher: noObjects,
    darkroom: { develop: cannotRun },
    workers,
    archive: { put: cannotRun },
    archiveBucket: '',
    allowedBuckets: new Set(),
    streamForm: 'bytes',
    pipelines: new Set(),
    maxImageBytes: 0,
    nowMs: Date.now,
  });
}

/** The same with the configured names. */
export function describedTopology(env: Env): Topology {
  const config = topologyConfig(env);
  return developTopologyOf(config, config.workers);
}
