import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A web server on loopback whose pages do what a test says. */
export class WebOnLoopback {
  /** Paths that were asked for, with host and query. */
  readonly requests: { readonly host: string; readonly path: string; readonly headers: object }[] = [];
  readonly #server: Server;
  readonly #pages = new Map<string, Answer>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = request.url ?? '';
      this.requests.push({ host: request.headers.host ?? '', path, headers: request.headers });
      const page = this.#pages.get(path.replace(/\?.*/, ''));
      if (page) page(request, response);
      else response.writeHead(404).end('no such page');
    });
  }

  static async start(): Promise<WebOnLoopback> {
    const web = new WebOnLoopback();
    await new Promise<void>((resolve) => web.#server.listen(0, '127.0.0.1', resolve));
    return web;
  }

  get port(): number {
    const address = this.#server.address();
    return isAddress(address) ? address.port : 0;
  }

  page(path: string, answer: Answer): void {
    this.#pages.set(path, answer);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const isAddress = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;
