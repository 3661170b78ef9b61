// A consumer of image-stats like any downstream team's: read committed, a group of its own.
import { Kafka, logLevel } from 'kafkajs';
import type { ImageCodec } from '../../src/serdes/codec.ts';
import type { ImageProcessed } from '../../src/serdes/image-processed.generated.ts';
import { mend } from '../../src/topology/kafka/mended.ts';
import { messageOf, StackError } from '../stack/errors.ts';

/** Calls `onEvent` with every event from the beginning of the topic, until it is closed. */
export async function readStats(
  brokers: string,
  codec: ImageCodec,
  onEvent: (event: ImageProcessed) => void,
  onFailure: (error: Error) => void,
): Promise<() => Promise<void>> {
  const kafka = new Kafka({ clientId: 'darkroom-demo', brokers: [brokers], logLevel: logLevel.NOTHING });
  mend(kafka); // or it would show aborted records as events
  const consumer = kafka.consumer({ groupId: 'darkroom-demo', readUncommitted: false, maxWaitTimeInMs: 200 });
  consumer.on('consumer.crash', ({ payload }) =>
    onFailure(new StackError(`image-stats can no longer be read: ${messageOf(payload.error)}`)),
  );
  await consumer.connect();
  await consumer.subscribe({ topic: 'image-stats', fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const decoded = await codec.decodeProcessed(message.value);
      if (decoded.ok) onEvent(decoded.value);
      else onFailure(new StackError(`image-stats holds a record that is no event: ${decoded.reason}`));
    },
  });
  return () => consumer.disconnect();
}
