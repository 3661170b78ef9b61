// A consumer of Darkroom's events and counts like any downstream team's: read committed, a group of its own.
import { Kafka, logLevel } from 'kafkajs';
import type { Decoded } from '../../src/serdes/codec.ts';
import { mend } from '../../src/topology/kafka/mended.ts';
import { messageOf, StackError } from '../stack/errors.ts';

/** What is on a topic, and how it is read. */
export interface TopicOf<T> {
  readonly topic: string;
  readonly decode: (bytes: Buffer | null) => Promise<Decoded<T>>;
  readonly onValue: (value: T) => void;
  readonly onFailure: (error: Error) => void;
}

/** Tells every value from the beginning of the topic, until it is closed. */
export async function readTopic<T>(brokers: string, of: TopicOf<T>): Promise<() => Promise<void>> {
  const { topic, decode, onValue, onFailure } = of;
  const kafka = new Kafka({ clientId: 'darkroom-demo', brokers: [brokers], logLevel: logLevel.NOTHING });
  mend(kafka); // or it would show aborted records as committed ones
  const consumer = kafka.consumer({
    groupId: `darkroom-demo-${topic}`,
    readUncommitted: false,
    maxWaitTimeInMs: 200,
  });
  consumer.on('consumer.crash', ({ payload }) =>
    onFailure(new StackError(`${topic} can no longer be read: ${messageOf(payload.error)}`)),
  );
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const decoded = await decode(message.value);
      if (decoded.ok) onValue(decoded.value);
      else onFailure(new StackError(`${topic} holds a record that cannot be read: ${decoded.reason}`));
    },
  });
  return () => consumer.disconnect();
}
