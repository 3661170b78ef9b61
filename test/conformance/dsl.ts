import * as topology from '../../src/topology/index.ts';

export type * from '../../src/topology/index.ts';
export const { StreamsBuilder, keyValueStore, timeWindows, sessionWindows, joinWindows } = topology;
export const { untilWindowCloses, untilTimeLimit } = topology;
