// As much of Kafka's protocol as reading a topic takes, so that the recount depends on no client's idea of what was committed.
// Plain TCP; the formats are those of https://kafka.apache.org/protocol.html and KIP-98.
import { createConnection, type Socket } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

const METADATA = { key: 3, version: 1 };
const LIST_OFFSETS = { key: 2, version: 2 };
const FETCH = { key: 1, version: 4 };
const EARLIEST = -2n;
const LATEST = -1n;
/** So that control records come too; what was committed is told by them. */
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const MAX_FETCH_BYTES = 32 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/** A stretch of records that were written at once. */
export interface Batch {
  readonly producerId: bigint;
  /** Every take-over of a transactional id has the next. */
  readonly producerEpoch: number;
  readonly transactional: boolean;
  /** Ends a transaction of the producer. */
  readonly ends?: 'commit' | 'abort';
  readonly records: readonly WireRecord[];
  readonly nextOffset: number;
}

export interface WireRecord {
  readonly offset: number;
  /** ms since the epoch */
  readonly timestamp: number;
  /** The last of those with one name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface Partition {
  readonly partition: number;
  /** `host:port` of its leader. */
  readonly leader: string;
}

/** One connection to one broker; a request at a time. */
export class Wire {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Reader>>();
  #received = Buffer.alloc(0);
  #correlation = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#take(chunk));
    const fail = (error: Error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
    };
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the broker has closed the connection')));
  }

  static async open(address: string): Promise<Wire> {
    const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
    const socket = createConnection({ host, port: Number(port), timeout: TIMEOUT_MS });
    socket.on('timeout', () =>
      socket.destroy(new Error(`${address} has not answered within ${TIMEOUT_MS} ms`)),
    );
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Wire(socket);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The topic's partitions; none when there is no such topic. */
  async partitions(topic: string): Promise<readonly Partition[]> {
    const answer = await this.#ask(
      METADATA,
      new Writer().array([topic], (writer, name) => writer.string(name)),
    );
    const brokers = new Map(
      answer.array(() => {
        const id = answer.int32();
        const place = `${answer.string()}:${answer.int32()}`;
        answer.string(); // rack
        return [id, place] as const;
      }),
    );
    answer.int32(); // controller
    const topics = answer.array(() => {
      answer.int16(); // error: a topic that is not there has no partitions
      answer.string();
      answer.int8(); // internal
      return answer.array(() => {
        answer.int16();
        const [partition, leader] = [answer.int32(), answer.int32()];
        answer.array(() => answer.int32()); // replicas
        answer.array(() => answer.int32()); // in sync
        return { partition, leader: brokers.get(leader) ?? 'nobody:0' };
      });
    });
    return topics.flat();
  }

  /** Where the topic begins and where its last stable offset is: everything before that is decided. */
  async bounds(topic: string, partition: number): Promise<{ readonly from: number; readonly to: number }> {
    return {
      from: await this.#listOffset(topic, partition, EARLIEST),
      to: await this.#listOffset(topic, partition, LATEST),
    };
  }

  /** The batches from `offset` on, control records among them. */
  async fetch(topic: string, partition: number, offset: number): Promise<readonly Batch[]> {
    const body = new Writer().int32(-1).int32(500).int32(1).int32(MAX_FETCH_BYTES).int8(READ_UNCOMMITTED);
    body.array([topic], (writer, name) =>
      writer
        .string(name)
        .array([partition], (inner, id) => inner.int32(id).int64(BigInt(offset)).int32(MAX_FETCH_BYTES)),
    );
    const answer = await this.#ask(FETCH, body);
    answer.int32(); // throttled for
    const [batches] = answer
      .array(() => {
        answer.string();
        return answer.array(() => {
          answer.int32();
          check(answer.int16(), `fetch of ${topic}-${partition} at ${offset}`);
          answer.int64(); // high watermark
          answer.int64(); // last stable offset
          answer.array(() => [answer.int64(), answer.int64()]); // aborted transactions
          return batchesOf(answer.bytes() ?? Buffer.alloc(0));
        });
      })
      .flat();
    return batches ?? [];
  }

  async #listOffset(topic: string, partition: number, timestamp: bigint): Promise<number> {
    const body = new Writer().int32(-1).int8(READ_COMMITTED);
    body.array([topic], (writer, name) =>
      writer.string(name).array([partition], (inner, id) => inner.int32(id).int64(timestamp)),
    );
    const answer = await this.#ask(LIST_OFFSETS, body);
    answer.int32(); // throttled for
    const [offset] = answer
      .array(() => {
        answer.string();
        return answer.array(() => {
          answer.int32();
          check(answer.int16(), `offsets of ${topic}-${partition}`);
          answer.int64(); // timestamp
          return Number(answer.int64());
        });
      })
      .flat();
    return offset ?? 0;
  }

  #ask({ key, version }: { key: number; version: number }, body: Writer): Promise<Reader> {
    const correlation = this.#correlation++;
    const head = new Writer().int16(key).int16(version).int32(correlation).string('recount');
    const request = Buffer.concat([head.done(), body.done()]);
    const answer = Promise.withResolvers<Reader>();
    this.#waiting.set(correlation, answer);
    this.#socket.write(Buffer.concat([new Writer().int32(request.length).done(), request]));
    return answer.promise;
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < end) return;
      const answer = new Reader(this.#received.subarray(4, end));
      this.#received = this.#received.subarray(end);
      const correlation = answer.int32();
      this.#waiting.get(correlation)?.resolve(answer);
      this.#waiting.delete(correlation);
    }
  }
}

/** The whole batches in a fetch's bytes; the last one may be cut. */
function batchesOf(bytes: Buffer): Batch[] {
  const batches: Batch[] = [];
  for (let at = 0; at + 12 <= bytes.length; ) {
    const end = at + 12 + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break;
    batches.push(batchOf(new Reader(bytes.subarray(at, end))));
    at = end;
  }
  return batches;
}

function batchOf(reader: Reader): Batch {
  const base = Number(reader.int64());
  reader.int32(); // length
  reader.int32(); // leader epoch
  const magic = reader.int8();
  if (magic !== 2) throw new Error(`records of format ${magic} are not known here`);
  reader.int32(); // checksum
  const attributes = reader.int16();
  const nextOffset = base + reader.int32() + 1;
  const firstTimestamp = Number(reader.int64());
  const appendedAt = Number(reader.int64());
  const producerId = reader.int64();
  const producerEpoch = reader.int16();
  reader.int32(); // sequence
  const count = reader.int32();
  const body = new Reader(decompress(attributes & 7, reader.rest()));
  const records = Array.from({ length: count }, (): WireRecord => {
    body.varint(); // length
    body.int8(); // attributes
    const since = body.varint();
    const timestamp = (attributes & 8) === 0 ? firstTimestamp + since : appendedAt; // the broker's time, if it sets it
    const offset = base + body.varint();
    const [key, value] = [body.varbytes(), body.varbytes()];
    const headers = new Map<string, string>();
    for (let count = body.varint(); count > 0; count--)
      headers.set(String(body.varbytes()), body.varbytes()?.toString() ?? '');
    return { offset, timestamp, headers, key, value };
  });
  const isControl = (attributes & 32) !== 0;
  const type = isControl ? records[0]?.key?.readInt16BE(2) : undefined; // 0 aborts, 1 commits, others are the broker's own
  return {
    producerId,
    producerEpoch,
    transactional: (attributes & 16) !== 0,
    ...(type === 0 ? { ends: 'abort' } : type === 1 ? { ends: 'commit' } : {}),
    records: isControl ? [] : records,
    nextOffset,
  };
}

function decompress(codec: number, bytes: Buffer): Buffer {
  if (codec === 0) return bytes;
  if (codec === 1) return gunzipSync(bytes);
  if (codec === 4) return zstdDecompressSync(bytes);
  throw new Error(`records of the compression ${codec} are not read here`);
}

function check(error: number, what: string): void {
  if (error !== 0) throw new Error(`${what}: Kafka's error ${error}`);
}

class Writer {
  readonly #parts: Buffer[] = [];

  int8 = (value: number) => this.#fixed(1, (buffer) => buffer.writeInt8(value));
  int16 = (value: number) => this.#fixed(2, (buffer) => buffer.writeInt16BE(value));
  int32 = (value: number) => this.#fixed(4, (buffer) => buffer.writeInt32BE(value));
  int64 = (value: bigint) => this.#fixed(8, (buffer) => buffer.writeBigInt64BE(value));

  string(value: string): this {
    const bytes = Buffer.from(value);
    this.int16(bytes.length);
    this.#parts.push(bytes);
    return this;
  }

  array<T>(items: readonly T[], write: (writer: Writer, item: T) => void): this {
    this.int32(items.length);
    for (const item of items) write(this, item);
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #fixed(bytes: number, write: (buffer: Buffer) => void): this {
    const buffer = Buffer.alloc(bytes);
    write(buffer);
    this.#parts.push(buffer);
    return this;
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int8 = () => this.#bytes.readInt8(this.#forward(1));
  int16 = () => this.#bytes.readInt16BE(this.#forward(2));
  int32 = () => this.#bytes.readInt32BE(this.#forward(4));
  int64 = () => this.#bytes.readBigInt64BE(this.#forward(8));
  rest = () => this.#bytes.subarray(this.#at);

  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.#slice(length).toString();
  }

  bytes(): Buffer | null {
    const length = this.int32();
    return length < 0 ? null : this.#slice(length);
  }

  array<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }

  /** Zigzag, as protocol buffers have it; none here is larger than a safe integer. */
  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.#forward(1));
      value += (byte & 127) * factor;
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }

  varbytes(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.#slice(length);
  }

  #slice(length: number): Buffer {
    const from = this.#forward(length);
    return this.#bytes.subarray(from, from + length);
  }

  #forward(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}
