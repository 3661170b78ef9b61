// Events for a topic of statistics, without the application that makes them.
import { createLocalCodec } from '../../src/serdes/local-codec.ts';
import { connectProducer, type ProducedRecord } from '../../src/topology/index.ts';
import { anEvent } from './image-event.ts';

const CUSTOMERS = ['acme', 'birch', 'cobalt'];
const TYPES = ['jpeg', 'png'];
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export const statsCodec = createLocalCodec();

/** Writes events `from` to `to` (exclusive), dealt over the partitions in turn; the event id ends in the number. */
export async function feedStats(
  brokers: string,
  topic: string,
  partitions: number,
  from: number,
  to: number,
): Promise<void> {
  const producer = await connectProducer({ brokers: [brokers], clientId: 'stats-feed' }, quiet);
  try {
    await producer.send(
      Array.from({ length: to - from }, (_, index): ProducedRecord => {
        const number = from + index;
        const event = anEvent({
          eventId: number.toString(16).padStart(32, '0'),
          customerId: CUSTOMERS[number % CUSTOMERS.length] ?? '',
          type: TYPES[number % TYPES.length] ?? '',
        });
        return {
          topic,
          partition: number % partitions,
          key: Buffer.from(event.eventId),
          value: statsCodec.encodeProcessed(event),
          timestamp: Date.now(),
          headers: [],
        };
      }),
    );
  } finally {
    await producer.close();
  }
}
