import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/logger.ts';
import { Intake } from '../../../src/topology/kafka/intake.ts';
import { startPositions } from '../../../src/topology/kafka/start-positions.ts';

const consumer = new kafkajs.Kafka({ brokers: ['127.0.0.1:1'] }).consumer({ groupId: 'g' }); // never connected

/** The position of t-1, where the client tells of these partitions alone. */
const positionOf = (told: { readonly committed: readonly number[]; readonly ends: readonly number[] }) =>
  startPositions({
    admin: {
      fetchOffsets: async () => [
        {
          topic: 't',
          partitions: told.committed.map((partition) => ({ partition, offset: '7', metadata: null })),
        },
      ],
      fetchTopicOffsets: async () =>
        told.ends.map((partition) => ({ partition, offset: '9', low: '2', high: '9' })),
    },
    groupId: 'g',
    subTopology: { id: 0, name: 's', nodes: [], stores: [], copartitioned: [] },
    intakes: [new Intake(consumer, 't', 1)],
    onOffsetsExpired: 'fail',
    replayFrom: [],
    logger: createLogger({ level: 'silent' }),
  });

it('goes on at the committed offset', async () => {
  expect(await positionOf({ committed: [0, 1], ends: [0, 1] })).toMatchObject([{ startOffset: 7 }]);
});

it('takes an answer that leaves the partition out for no answer, not for a beginning', async () => {
  await expect(positionOf({ committed: [0], ends: [0, 1] })).rejects.toThrow(/committed offset of t-1/);
  await expect(positionOf({ committed: [0, 1], ends: [0] })).rejects.toThrow(/ends of t-1/);
});
