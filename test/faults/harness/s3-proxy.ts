import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/**
 * Stands before S3 and answers 503 when told to: half of the requests never reach S3, half do and their answer is lost, as
 * the seed decides. The Host header passes unchanged, because signatures cover it.
 */
export class S3Proxy {
  readonly #server;
  #failing = false;
  #refused = 0;

  private constructor(endpoint: string, random: () => number) {
    this.#server = createServer((incoming, outgoing) => {
      this.#handle(new URL(endpoint), random, incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  static async start(endpoint: string, random: () => number): Promise<S3Proxy> {
    const proxy = new S3Proxy(endpoint, random);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the proxy does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Requests that were answered 503. */
  get refused(): number {
    return this.#refused;
  }

  fail(failing: boolean): void {
    this.#failing = failing;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(
    { hostname, port }: URL,
    random: () => number,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> {
    const body = await buffer(incoming);
    if (this.#failing && random() < 0.5) return this.#refuse(outgoing);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const { method, url, headers } = incoming;
      forward({ hostname, port, method, path: url, headers }, resolve).on('error', reject).end(body);
    });
    const answered = await buffer(answer);
    if (this.#failing) return this.#refuse(outgoing);
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(answered);
  }

  #refuse(outgoing: ServerResponse): void {
    this.#refused++;
    outgoing.writeHead(503, { 'content-type': 'application/xml' });
    outgoing.end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
  }
}
