import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toConsumed, toHeaders } from '../../../src/topology/kafka/convert.ts';
import { useOwnRecords } from '../../../src/topology/kafka/mended.ts';
import { ByteReader } from '../../../src/topology/kafka/wire/byte-reader.ts';
import { ByteWriter, sizeOfVarint } from '../../../src/topology/kafka/wire/byte-writer.ts';
import { crc32c } from '../../../src/topology/kafka/wire/crc32c.ts';
import { decodeFetch } from '../../../src/topology/kafka/wire/fetch-response.ts';
import { FetchedMessage } from '../../../src/topology/kafka/wire/fetched-message.ts';
import { encodeProduce, type ProduceRequest } from '../../../src/topology/kafka/wire/produce-request.ts';
import type { Headers } from '../../../src/topology/record.ts';

/** KafkaJS' own way with the same bytes, which ours is compared with. */
const kafkajs = createRequire(import.meta.url);
const theirRequest: (request: ProduceRequest) => { encode(): Promise<{ readonly buffer: Buffer }> } = kafkajs(
  'kafkajs/src/protocol/requests/produce/v7/request.js',
);
const theirResponse: { decode(bytes: Buffer): Promise<unknown> } = kafkajs(
  'kafkajs/src/protocol/requests/fetch/v11/response.js',
);
const theirChecksum: (bytes: Buffer) => number = kafkajs('kafkajs/src/protocol/recordBatch/crc32C/index.js');

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const nullable = fc.option(bytes);
/** KafkaJS sorts times as text, which is right for those of one length. */
const time = fc.integer({ min: 1_000_000_000_000, max: 4_102_444_800_000 });
/** KafkaJS loses those that every object has; see below. */
const name = fc.string().filter((text) => !(text in {}));
const message = fc.record({
  key: fc.oneof(nullable, fc.string()),
  value: fc.oneof(nullable, fc.string()),
  timestamp: time.map(String),
  headers: fc.option(
    fc.dictionary(name, fc.oneof(bytes, fc.string(), fc.array(bytes, { minLength: 1 })), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
    { nil: undefined },
  ),
});
const partition = fc.record({
  partition: fc.nat(100),
  firstSequence: fc.nat(),
  messages: fc.array(message, { minLength: 1, maxLength: 200 }),
});
const request: fc.Arbitrary<ProduceRequest> = fc.record({
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.nat(),
  transactionalId: fc.option(fc.string()),
  producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }).map(String),
  producerEpoch: fc.nat(30_000),
  topicData: fc.array(
    fc.record({ topic: fc.string(), partitions: fc.array(partition, { minLength: 1, maxLength: 3 }) }),
    { minLength: 1, maxLength: 3 },
  ),
});

const BATCH_AT = 12;

/** The batches of a request, as a broker would hand them out again, from offset `base` on. */
function batchesOf(sent: ProduceRequest, base: bigint): Buffer[] {
  const reader = new ByteReader(encodeProduce(sent));
  const idLength = reader.int16();
  reader.at += Math.max(0, idLength) + 2 + 4;
  return reader
    .array(() => {
      reader.text();
      return reader.array(() => {
        reader.int32();
        const size = reader.int32();
        const batch = Buffer.from(reader.buffer.subarray(reader.at, reader.at + size));
        batch.writeBigInt64BE(base);
        reader.at += size;
        return batch;
      });
    })
    .flat();
}

interface Answer {
  readonly batches: readonly Buffer[];
  /** Of the last batch. */
  readonly cutBytes?: number;
}

/** An answer of version 11 with a partition for each of `partitions`. */
function answerOf(partitions: readonly Answer[]): Buffer {
  const bodies = partitions.map(({ batches, cutBytes = 0 }) => {
    const all = Buffer.concat(batches);
    return all.subarray(0, all.length - cutBytes);
  });
  const writer = new ByteWriter(200 + bodies.reduce((sum, { length }) => sum + length + 100, 0));
  writer.int32(7);
  writer.int16(0);
  writer.int32(0);
  writer.int32(1);
  writer.text('images');
  writer.int32(bodies.length);
  bodies.forEach((body, index) => {
    writer.int32(index);
    writer.int16(0);
    for (const offset of [900n, 800n, 5n]) writer.int64(offset);
    writer.int32(1);
    for (const id of [2n ** 60n, 17n]) writer.int64(id);
    writer.int32(-1);
    writer.int32(body.length);
    writer.raw(body);
  });
  return writer.buffer.subarray(0, writer.at);
}

/** The messages of a request's first partition, sent and read. */
const readOf = (sent: ProduceRequest) =>
  decodeFetch(answerOf([{ batches: batchesOf(sent, 3n) }]))?.responses[0]?.partitions[0]?.messages ?? [];

/** What there is to see of an answer, ours or theirs. */
const seen = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_name, part: unknown) => {
      if (typeof part !== 'object' || part === null || !('batchContext' in part)) return part;
      const { offset, timestamp, key, value: body, headers, isControlRecord, batchContext } = part as never;
      const { firstOffset, lastOffsetDelta, producerId, inTransaction } = batchContext;
      const context = { firstOffset, lastOffsetDelta, producerId, inTransaction };
      return { offset, timestamp, key, value: body, headers, isControlRecord, context };
    }),
  );

describe('the checksum', () => {
  it('is CRC-32C, of any length and from any place', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283); // the check value of the published catalogue
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.nat(40), (array, from) => {
        const buffer = Buffer.from(array);
        expect(crc32c(buffer, Math.min(from, buffer.length))).toBe(theirChecksum(buffer.subarray(from)));
      }),
    );
  });
});

describe('a number of variable length', () => {
  it('is read as it was written, up to 2^52', () => {
    const value = fc.oneof(fc.integer(), fc.integer({ min: 1 - 2 ** 52, max: 2 ** 52 - 1 }));
    fc.assert(
      fc.property(value, (number) => {
        const writer = new ByteWriter(sizeOfVarint(number));
        writer.varint(number);
        expect(writer.at).toBe(writer.buffer.length);
        expect(new ByteReader(writer.buffer).varint()).toBe(number);
      }),
    );
  });

  it('does not go beyond the bytes that are there', () => {
    expect(() => new ByteReader(Buffer.from([0x80, 0x80])).varint()).toThrow('the bytes end within a number');
  });
});

describe('a produce request', () => {
  it("is KafkaJS' own, byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(request, async (given) => {
        const theirs = await theirRequest(given).encode();
        expect(encodeProduce(given).equals(theirs.buffer)).toBe(true);
      }),
    );
  });

  it('begins with the earliest time, however far the others lie', () => {
    const timestamps = ['4102444800000', '5', '1700000000000'];
    const sent: ProduceRequest = {
      acks: -1,
      timeout: 1,
      topicData: [
        {
          topic: 't',
          partitions: [
            { partition: 0, messages: timestamps.map((timestamp) => ({ value: 'v', timestamp })) },
          ],
        },
      ],
    };
    expect(readOf(sent).map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      ['3', '4102444800000'],
      ['4', '5'],
      ['5', '1700000000000'],
    ]);
  });

  it('carries headers without a value, and gives a record without a time that of its sending', () => {
    const before = Date.now();
    const headers = { a: undefined, b: Buffer.from('x') };
    const sent: ProduceRequest = {
      acks: -1,
      timeout: 1,
      topicData: [
        { topic: 't', partitions: [{ partition: 0, messages: [{ key: null, value: null, headers }] }] },
      ],
    };
    const [read] = readOf(sent);
    if (!read) throw new Error('nothing was read');
    const record = toConsumed('t', 0, read, true);
    expect(record).toMatchObject({ key: null, value: null, offset: 3 });
    expect(record.headers).toEqual([
      ['a', null],
      ['b', Buffer.from('x')],
    ]);
    expect(record.timestamp).toBeGreaterThanOrEqual(before);
    expect(record.timestamp).toBeLessThanOrEqual(Date.now());
  });
});

/** A record with these headers, written and read. */
function readWith(headers: Headers) {
  const messages = [{ value: null, headers: toHeaders(headers) }];
  const topicData = [{ topic: 't', partitions: [{ partition: 0, messages }] }];
  return readOf({ acks: -1, timeout: 1, topicData })[0];
}

describe("a fetch's answer", () => {
  it('has headers of any name, those that every object has too', () => {
    const headers = [
      ['__proto__', Buffer.from('1')],
      ['constructor', Buffer.from('2')],
      ['__proto__', Buffer.from('3')],
    ] as const;
    const read = readWith(headers);
    expect(read && toConsumed('t', 0, read, true).headers).toEqual([headers[0], headers[2], headers[1]]);
  });

  it('has as many headers of one name as a record can hold, in the time of any others', () => {
    const headers = Array.from(
      { length: 200_000 },
      (_, index) => ['h', index % 2 ? Buffer.of(1) : null] as const,
    );
    const read = readWith(headers);
    expect(read && toConsumed('t', 0, read, false).headers).toEqual(headers);
  });

  it('is read as KafkaJS reads it', async () => {
    await fc.assert(
      fc.asyncProperty(request, fc.bigInt({ min: 0n, max: 2n ** 50n }), async (given, base) => {
        const answer = answerOf([{ batches: batchesOf(given, base) }, { batches: [] }]);
        expect(seen(decodeFetch(answer))).toEqual(seen(await theirResponse.decode(answer)));
      }),
    );
  });

  it('may end within a batch, which is left for the next', () => {
    fc.assert(
      fc.property(request, fc.integer({ min: 1, max: 2_000 }), (given, cut) => {
        const batches = batchesOf(given, 1n);
        const cutBytes = Math.min(cut, batches.at(-1)?.length ?? 0);
        const read = (answer: Buffer) => seen(decodeFetch(answer));
        expect(read(answerOf([{ batches, cutBytes }]))).toEqual(
          read(answerOf([{ batches: batches.slice(0, -1) }])),
        );
      }),
    );
  });

  it('tells control batches, and the time of the broker where it sets it', async () => {
    const sent: ProduceRequest = {
      acks: -1,
      timeout: 1,
      transactionalId: 'x',
      topicData: [
        {
          topic: 't',
          partitions: [
            {
              partition: 0,
              messages: ['1700000000000', '1700000000500'].map((timestamp) => ({ value: 'v', timestamp })),
            },
          ],
        },
      ],
    };
    const [plain] = batchesOf(sent, 5n);
    if (!plain) throw new Error('nothing was written');
    const withAttributes = (attributes: number) => {
      const batch = Buffer.from(plain);
      batch.writeInt16BE(attributes, BATCH_AT + 9);
      return batch;
    };
    const answer = answerOf([
      { batches: [withAttributes(0x10), withAttributes(0x30), withAttributes(0x08)] },
    ]);
    const ours = decodeFetch(answer);
    expect(seen(ours)).toEqual(seen(await theirResponse.decode(answer)));
    expect(ours?.responses[0]?.partitions[0]?.messages.map((m) => [m.timestamp, m.isControlRecord])).toEqual([
      ['1700000000000', false],
      ['1700000000500', false],
      ['1700000000000', true],
      ['1700000000500', true],
      ['1700000000500', false],
      ['1700000000500', false],
    ]);
  });

  it('is left to KafkaJS where a batch is compressed', async () => {
    const sent: ProduceRequest = {
      acks: -1,
      timeout: 1,
      topicData: [
        {
          topic: 't',
          partitions: [{ partition: 0, messages: [{ value: 'v', timestamp: '1700000000000' }] }],
        },
      ],
    };
    const [plain] = batchesOf(sent, 5n);
    if (!plain) throw new Error('nothing was written');
    const records = gzipSync(plain.subarray(61));
    const batch = Buffer.concat([plain.subarray(0, 61), records]);
    batch.writeInt32BE(batch.length - BATCH_AT, 8);
    batch.writeInt16BE(1, BATCH_AT + 9);
    const answer = answerOf([{ batches: [plain, batch] }]);
    expect(decodeFetch(answer)).toBeUndefined();
    expect(await theirResponse.decode(answer)).toMatchObject({
      responses: [{ partitions: [{ messages: [{ value: Buffer.from('v') }, { value: Buffer.from('v') }] }] }],
    });
  });
});

describe("a broker's requests", () => {
  type Lookup = Parameters<typeof useOwnRecords>[0]['lookupRequest'];
  type Versions = Readonly<Record<number, { readonly maxVersion: number }>>;
  const theirs: {
    lookup(versions: Versions): Lookup;
    readonly requests: { readonly Produce: unknown; readonly Fetch: unknown };
  } = kafkajs('kafkajs/src/protocol/requests/index.js');
  const PRODUCE = 0;
  const FETCH = 1;
  const sent: ProduceRequest = {
    acks: -1,
    timeout: 1,
    topicData: [
      { topic: 't', partitions: [{ partition: 0, messages: [{ value: 'v', timestamp: '1700000000000' }] }] },
    ],
  };
  const answer = answerOf([{ batches: batchesOf(sent, 3n) }]);
  const brokerOf = (produce: number, fetch: number) => {
    const versions = { [PRODUCE]: { maxVersion: produce }, [FETCH]: { maxVersion: fetch } };
    return { lookupRequest: theirs.lookup(versions) };
  };
  const written = async (broker: { lookupRequest: Lookup }, options: ProduceRequest) =>
    (await broker.lookupRequest(PRODUCE, theirs.requests.Produce)(options).request.encode()).buf;
  const isOwn = async (broker: { lookupRequest: Lookup }) => {
    const made = broker.lookupRequest(FETCH, theirs.requests.Fetch)({ maxWaitTime: 1, topics: [] });
    const { responses } = (await made.response.decode(answer)) as {
      readonly responses: readonly { readonly partitions: readonly { readonly messages: unknown[] }[] }[];
    };
    return responses[0]?.partitions[0]?.messages[0] instanceof FetchedMessage;
  };

  it('are made by our code, after a reconnect too', async () => {
    const broker = brokerOf(12, 17);
    useOwnRecords(broker);
    for (const reconnect of [false, true]) {
      if (reconnect) broker.lookupRequest = brokerOf(12, 17).lookupRequest;
      const bytes = await written(broker, sent);
      expect(bytes.equals(encodeProduce(sent))).toBe(true);
      expect(await isOwn(broker)).toBe(true);
    }
  });

  it('are left to KafkaJS where they are compressed, or older than ours', async () => {
    const broker = brokerOf(2, 10);
    useOwnRecords(broker);
    expect((await written(broker, sent)).equals(encodeProduce(sent))).toBe(false);
    const made = broker.lookupRequest(FETCH, theirs.requests.Fetch)({ maxWaitTime: 1, topics: [] });
    const before = brokerOf(2, 10).lookupRequest(
      FETCH,
      theirs.requests.Fetch,
    )({ maxWaitTime: 1, topics: [] });
    expect(made.response.decode).toBe(before.response.decode);
    const gzip = { ...sent, compression: 1 };
    const recent = brokerOf(12, 17);
    useOwnRecords(recent);
    expect((await written(recent, gzip)).equals(encodeProduce(sent))).toBe(false);
  });
});
