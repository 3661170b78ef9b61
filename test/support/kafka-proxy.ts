// A proxy in front of one broker that can hold requests of a kind, so that a test can stop time in the middle of a
// transaction. The broker names itself in its answers; the proxy puts its own port there, or clients would go past it.

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Numbers of the Kafka protocol. */
export const END_TXN = 26;

export class KafkaProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #held: (() => void)[] = [];
  #holding: number | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `broker` is `host:port`. */
  static async start(broker: string): Promise<KafkaProxy> {
    const [host = '127.0.0.1', port = '0'] = broker.split(':');
    const proxy = new KafkaProxy(createServer((client) => proxy.#serve(client, host, Number(port))));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
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

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(client: Socket, host: string, port: number): void {
    const broker = connect(port, host);
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    let waiting: Promise<void> | undefined;
    onFrames(client, (frame) => {
      const apiKey = frame.readInt16BE(4);
      if (apiKey === this.#holding && !waiting) waiting = new Promise((resolve) => this.#held.push(resolve));
      if (waiting) waiting = waiting.then(() => void broker.write(frame));
      else broker.write(frame);
    });
    onFrames(broker, (frame) => client.write(this.#rewritten(frame, host, port)));
    client.on('close', () => (waiting ? waiting.then(() => broker.end()) : broker.end()));
    broker.on('close', () => client.destroy());
  }

  /** Replaces the broker's host and port by this proxy's; they have the same length. */
  #rewritten(frame: Buffer, host: string, port: number): Buffer {
    const address = (p: number) => {
      const bytes = Buffer.alloc(host.length + 4, host);
      bytes.writeInt32BE(p, host.length);
      return bytes;
    };
    const needle = address(port);
    for (let at = frame.indexOf(needle); at >= 0; at = frame.indexOf(needle, at + 1))
      address(this.#port).copy(frame, at);
    return frame;
  }
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
