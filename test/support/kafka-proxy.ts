// A proxy in front of one broker that can hold requests of a kind, so that a test can stop time in the middle of a
// transaction, hang up at them, and stand still altogether. Brokers name themselves and each other in their answers; the
// proxy puts its own port there, or clients would go past it.

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Numbers of the Kafka protocol. */
export const END_TXN = 26;

/** What is lost when the proxy hangs up: the request, which the broker never sees, or its answer alone. */
export type Lost = 'request' | 'answer';

interface Cut {
  readonly apiKey: number;
  readonly lost: Lost;
  left: number;
}

export class KafkaProxy {
  readonly #server: Server;
  readonly #host: string;
  readonly #brokerPort: number;
  readonly #sockets = new Set<Socket>();
  /** The proxies of all brokers that answers may name. */
  #ring: readonly KafkaProxy[] = [this];
  #held: (() => void)[] = [];
  #holding: number | undefined;
  #cut: Cut | undefined;
  #paused = false;

  private constructor(broker: string) {
    const [host = '127.0.0.1', port = '0'] = broker.split(':');
    this.#host = host;
    this.#brokerPort = Number(port);
    this.#server = createServer((client) => this.#serve(client));
  }

  /** `broker` is `host:port`. */
  static async start(broker: string): Promise<KafkaProxy> {
    const proxy = new KafkaProxy(broker);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** One for each broker of a cluster; a client of one of them is a client of all. */
  static async startAll(brokers: readonly string[]): Promise<KafkaProxy[]> {
    const proxies = await Promise.all(brokers.map((broker) => KafkaProxy.start(broker)));
    for (const proxy of proxies) proxy.#ring = proxies;
    return proxies;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Requests that are held now. */
  get held(): number {
    return this.#held.length;
  }

  /** From now on requests with this API key, and what follows them on their connection, do not reach the broker. */
  hold(apiKey: number): void {
    this.#holding = apiKey;
  }

  /** Lets held requests go on, also those whose client has hung up: the broker gets them late. */
  release(): void {
    this.#holding = undefined;
    const held = this.#held;
    this.#held = [];
    for (const goOn of held) goOn();
  }

  /** Hangs up at the next `times` requests with this API key. */
  cut(apiKey: number, lost: Lost, times: number): void {
    this.#cut = { apiKey, lost, left: times };
  }

  /** Requests that are still to be cut. */
  get toCut(): number {
    return this.#cut?.left ?? 0;
  }

  /** Nothing gets through any more, either way, and no connection ends. */
  pause(): void {
    this.#paused = true;
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    this.#paused = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(client: Socket): void {
    const broker = connect(this.#brokerPort, this.#host);
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    const hangUp = () => {
      client.destroy();
      broker.destroy();
    };
    const lostAnswers = new Set<number>();
    let waiting: Promise<void> | undefined;
    onFrames(client, (frame) => {
      const apiKey = frame.readInt16BE(4);
      if (this.#cut && this.#cut.left > 0 && apiKey === this.#cut.apiKey) {
        this.#cut.left--;
        if (this.#cut.lost === 'request') return hangUp();
        lostAnswers.add(frame.readInt32BE(8));
      }
      if (apiKey === this.#holding && !waiting) waiting = new Promise((resolve) => this.#held.push(resolve));
      if (waiting) waiting = waiting.then(() => void broker.write(frame));
      else broker.write(frame);
    });
    onFrames(broker, (frame) => {
      if (lostAnswers.has(frame.readInt32BE(4))) hangUp();
      else client.write(this.#rewritten(frame));
    });
    client.on('close', () => (waiting ? waiting.then(() => broker.end()) : broker.end()));
    broker.on('close', () => client.destroy());
    if (this.#paused) for (const socket of [client, broker]) socket.pause();
  }

  /** Replaces the brokers' hosts and ports by their proxies'; they have the same length. */
  #rewritten(frame: Buffer): Buffer {
    for (const proxy of this.#ring) {
      const own = addressBytes(proxy.#host, proxy.#port);
      const needle = addressBytes(proxy.#host, proxy.#brokerPort);
      for (let at = frame.indexOf(needle); at >= 0; at = frame.indexOf(needle, at + 1)) own.copy(frame, at);
    }
    return frame;
  }
}

/** Host and port as they lie in an answer. */
function addressBytes(host: string, port: number): Buffer {
  const bytes = Buffer.alloc(host.length + 4, host);
  bytes.writeInt32BE(port, host.length);
  return bytes;
}

/** Calls back with each length-prefixed message of the Kafka protocol. */
function onFrames(socket: Socket, onFrame: (frame: Buffer) => void): void {
  let buffered: Buffer = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    buffered = buffered.length === 0 ? data : Buffer.concat([buffered, data]);
    while (buffered.length >= 4) {
      const end = 4 + buffered.readInt32BE(0);
      if (buffered.length < end) return;
      onFrame(Buffer.from(buffered.subarray(0, end)));
      buffered = buffered.subarray(end);
    }
  });
}
