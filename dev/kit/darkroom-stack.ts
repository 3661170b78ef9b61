import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import type { ImageProcessed } from '../../src/serdes/image-processed.generated.ts';
import { createRegistryCodec } from '../../src/serdes/registry-codec.ts';
import { imageIdOfName } from '../../src/sources/image-id.ts';
import { engineAnswers } from '../stack/containers/engine.ts';
import { type Addresses, startStack } from '../stack/stack.ts';
import { createTopics } from '../stack/topics.ts';
import { StatsEvents } from './events.ts';
import { startService } from './service.ts';

const REGISTRY_TIMEOUT_MS = 10_000;
const DEFAULT_AWAIT_MS = 30_000;

export interface DarkroomStackOptions {
  /** Who runs the services: Docker, or this machine itself. Default: Docker where an engine answers. */
  readonly provider?: 'containers' | 'native';
  /** Partitions of each topic. Default 2: a test wants a quick start. */
  readonly partitions?: number;
  /** Variables of the service, as `darkroom start --help` lists them; endpoints are set by the kit. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Told what is being started. The first start on a machine downloads the services, which takes minutes. */
  readonly progress?: (line: string) => void;
}

export interface ImageToSend {
  readonly customerId: string;
  /** The sender's own name of the image; the same name again is the same image. Default: a new one. */
  readonly imageId?: string;
  /** Media type; the bytes decide in any case. */
  readonly contentType?: string;
}

/**
 * Darkroom with all that it stands on (Kafka, Schema Registry, S3), for the test suites of those who consume its events.
 * Everything ends with `stop()`, and with the process that started it.
 *
 * ```ts
 * const darkroom = await DarkroomStack.start();
 * const id = await darkroom.sendImage(await readFile('cat.jpg'), { customerId: 'acme' });
 * const event = await darkroom.awaitStats(id); // { outcome: 'processed', type: 'jpeg', renditions: [...] }
 * await darkroom.stop();
 * ```
 */
export class DarkroomStack {
  /** Where each service listens, with credentials for S3. */
  readonly addresses: Addresses;
  /** Health and metrics of the service. */
  readonly http: string;
  readonly #producer: Producer;
  readonly #events: StatsEvents;
  readonly #end: () => Promise<void>;

  private constructor(parts: {
    addresses: Addresses;
    http: string;
    producer: Producer;
    events: StatsEvents;
    end: () => Promise<void>;
  }) {
    this.addresses = parts.addresses;
    this.http = parts.http;
    this.#producer = parts.producer;
    this.#events = parts.events;
    this.#end = parts.end;
  }

  /** Resolves when an image can be sent. */
  static async start({
    provider,
    partitions = 2,
    settings = {},
    progress = () => {},
  }: DarkroomStackOptions = {}): Promise<DarkroomStack> {
    const ends: (() => Promise<void>)[] = [];
    const end = async () => {
      const problems: unknown[] = [];
      for (const stop of ends.toReversed()) await stop().catch((error) => problems.push(error));
      if (problems.length > 0) throw problems[0];
    };
    try {
      const stack = await startStack({
        provider: provider ?? ((await engineAnswers()) ? 'containers' : 'native'),
        components: ['kafka', 'registry', 'aws'],
        progress,
      });
      ends.push(() => stack.down());
      const { kafka: brokers, registry } = stack.addresses;
      await createTopics(brokers, { partitions });

      const logs = await mkdtemp(join(tmpdir(), 'darkroom-kit-'));
      ends.push(() => rm(logs, { recursive: true, force: true }));
      const service = await startService(stack, join(logs, 'darkroom.log'), settings);
      ends.push(() => service.stop());
      progress(`Darkroom is ready on ${service.http}`);

      const topics = { imageUploads: 'image-uploads', imageStats: 'image-stats' };
      const codec = createRegistryCodec({ url: registry, requestTimeoutMs: REGISTRY_TIMEOUT_MS, topics });
      await codec.start();
      const events = new StatsEvents(brokers, topics.imageStats, codec);
      await events.start();
      ends.push(() => events.stop());

      const kafka = new Kafka({ clientId: 'darkroom-kit', brokers: [brokers], logLevel: logLevel.NOTHING });
      const producer = kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        createPartitioner: Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      ends.push(() => producer.disconnect());
      return new DarkroomStack({ addresses: stack.addresses, http: service.http, producer, events, end });
    } catch (error) {
      await end().catch(() => {}); // that it did not start says more
      throw error;
    }
  }

  /** Sends an image as the streaming application does; resolves to the id of its event when the record is on Kafka. */
  async sendImage(
    bytes: Buffer,
    { customerId, imageId = randomUUID(), contentType }: ImageToSend,
  ): Promise<string> {
    const headers = {
      'customer-id': customerId,
      'image-id': imageId,
      ...(contentType && { 'content-type': contentType }),
    };
    await this.#producer.send({ topic: 'image-stream', messages: [{ key: imageId, value: bytes, headers }] });
    return imageIdOfName(customerId, imageId);
  }

  /** The event with this id from image-stats; rejects when it has not come in time. */
  awaitStats(
    eventId: string,
    { timeoutMs = DEFAULT_AWAIT_MS }: { readonly timeoutMs?: number } = {},
  ): Promise<ImageProcessed> {
    return this.#events.await(eventId, timeoutMs);
  }

  /**
   * Ends the service, then what it stands on; nothing is left on the machine but the downloads. Rejects, after all that, when
   * the service did not end in order.
   */
  stop(): Promise<void> {
    return this.#end();
  }
}
