// A join goes on after a takeover as if nothing had happened: which results come alone, when, and with whose headers.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinWindows, StreamsBuilder, type Topology } from '../../../src/topology/index.ts';
import { MemoryStorage } from '../../../src/topology/stores/memory-storage.ts';
import { CommitLoop } from '../../../src/topology/task/commit-loop.ts';
import { createTaskRuntime } from '../../../src/topology/task/runtime.ts';
import type { StagedBatch } from '../../../src/topology/task/stage.ts';
import { Task } from '../../../src/topology/task/task.ts';
import { texts } from './lab.ts';

const TOPICS = ['left', 'right'];

interface Input {
  readonly topic: string;
  readonly key: string;
  readonly timestamp: number;
}

/** A task that was just acquired, with what its predecessor has committed. */
function acquire(topology: Topology, storage: MemoryStorage, before: StagedBatch | undefined) {
  const nodes = topology.subTopologies.flatMap((sub) => sub.nodes);
  const stores = topology.subTopologies.flatMap((sub) => sub.stores);
  const found: string[] = [];
  let committed = (_batch: StagedBatch) => {};
  let failed = (_error: unknown) => {};
  const nowMs = () => 0;
  const task = new Task({
    id: '0_0',
    nodes,
    stores,
    storage,
    runtime: createTaskRuntime(topology.subTopologies, {
      memoryBudgetBytes: 2 ** 20,
      nowMs,
      maxStagedRecords: 1,
      maxStagedBytes: Number.POSITIVE_INFINITY,
      maxTaskIdleMs: 0,
    }),
    partitions: TOPICS.map((topic) => ({ topic, partition: 0, startOffset: 0 })),
    ...(before && { streamTimeMs: before.streamTimeMs, clocks: before.clocks }),
    onStaged: () => loop.notify(),
    onFailure: (error) => failed(error),
  });
  const loop = new CommitLoop({
    task,
    committer: {
      commit: async (batch) => {
        found.push(...batch.outputs.map((out) => `${out.key}=${out.value}@${out.timestamp} ${out.headers}`));
        return new Map();
      },
    },
    commitIntervalMs: () => 0,
    nowMs,
    onCommitted: (batch) => committed(batch),
    onSinkTrouble: () => {},
  });
  return {
    found,
    handle: (input: Input, at: number) =>
      new Promise<StagedBatch>((resolve, reject) => {
        [committed, failed] = [resolve, reject];
        const { topic, key, timestamp } = input;
        const headers = [['at', Buffer.from(`${at}`)]] as const;
        task.push([
          {
            topic,
            partition: 0,
            offset: at,
            key: Buffer.from(key),
            value: Buffer.from(`${at}`),
            timestamp,
            headers,
          },
        ]);
      }),
    async lose() {
      task.drop();
      loop.stop();
      await loop.ended;
    },
  };
}

/** What comes out when the task changes hands before these inputs. */
async function outputs(topology: Topology, inputs: readonly Input[], takeovers: ReadonlySet<number>) {
  const storage = new MemoryStorage();
  let last: StagedBatch | undefined;
  let owner = acquire(topology, storage, last);
  const found: string[][] = [];
  for (const [at, input] of inputs.entries()) {
    if (takeovers.has(at)) {
      await owner.lose();
      owner = acquire(topology, storage, last);
    }
    last = await owner.handle(input, at);
    found.push(owner.found.splice(0));
  }
  await owner.lose();
  return found;
}

const inputs = fc.array(
  fc.record({
    topic: fc.constantFrom(...TOPICS),
    key: fc.constantFrom('a', 'b'),
    timestamp: fc.nat(40),
  }),
  { minLength: 2, maxLength: 25 },
);

describe('a left or outer join', () => {
  it.each(['leftJoin', 'outerJoin'] as const)(
    '(%s) goes on after any takeovers as if there were none',
    async (join) => {
      await fc.assert(
        fc.asyncProperty(
          inputs,
          fc.array(fc.nat(24)),
          fc.record({ beforeMs: fc.nat(9), afterMs: fc.nat(9), graceMs: fc.nat(5) }),
          async (records, takeovers, windows) => {
            const builder = new StreamsBuilder({ emitIntervalMs: 0 });
            const [left, right] = [builder.stream('left', texts), builder.stream('right', texts)];
            const pair = (l: string | null, r: string | null) => `${l}+${r}`;
            const spans = joinWindows(windows);
            (join === 'leftJoin' ? left.leftJoin(right, pair, spans) : left.outerJoin(right, pair, spans)).to(
              'out',
              texts,
            );
            const topology = builder.build();
            expect(await outputs(topology, records, new Set(takeovers))).toEqual(
              await outputs(topology, records, new Set()),
            );
          },
        ),
        { numRuns: 150 },
      );
    },
  );
});
