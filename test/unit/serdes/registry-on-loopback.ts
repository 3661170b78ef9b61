import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Answer {
  readonly status: number;
  readonly body: object | string;
}

/**
 * The part of the Confluent API that Darkroom uses, over HTTP on loopback, with faults on command. The real registry is
 * met by the integration tests; this one shows what the real one does only when it is broken.
 */
export class RegistryOnLoopback {
  readonly requests: string[] = [];
  readonly schemas = new Map<number, string>();
  /** Whole answers to ids, instead of `schemas`. */
  readonly answers = new Map<number, object>();
  readonly levels = new Map<string, string>();
  /** `hang`: never answers. `half`: breaks off within an answer. `proxy-404`: as a proxy before it does. `refuse-schemas`: every schema is incompatible. */
  fault: 'none' | 'hang' | 'half' | 'proxy-404' | 'refuse-schemas' = 'none';
  /** Answer where a subject has no level: 404 as Confluent's does, or NONE as Apicurio does. */
  unsetLevel: '404' | 'NONE' = '404';
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const body = await textOf(request);
      const line = `${request.method} ${decodeURIComponent(request.url ?? '')}`;
      this.requests.push(line);
      if (this.fault === 'hang') return;
      if (this.fault === 'half') {
        response.writeHead(200, { 'content-length': '1000' }).write('{"schema":');
        setTimeout(() => response.destroy(), 20);
        return;
      }
      const answer =
        this.fault === 'proxy-404'
          ? { status: 404, body: '<h1>no such page</h1>' }
          : this.#answer(line, body);
      const isText = typeof answer.body === 'string';
      response.writeHead(answer.status, { 'content-type': isText ? 'text/html' : 'application/json' });
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
    });
  }

  static async start(port = 0): Promise<RegistryOnLoopback> {
    const registry = new RegistryOnLoopback();
    await new Promise<void>((resolve) => registry.#server.listen(port, '127.0.0.1', resolve));
    return registry;
  }

  get port(): number {
    const address = this.#server.address();
    return isAddress(address) ? address.port : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(line: string, body: string): Answer {
    const [, subject = ''] = /\/(?:config|subjects)\/([^/]+)/.exec(line) ?? [];
    if (line.startsWith('GET /config/')) {
      const level = this.levels.get(subject) ?? (this.unsetLevel === 'NONE' ? 'NONE' : undefined);
      return level === undefined
        ? { status: 404, body: { error_code: 40408, message: 'no level' } }
        : { status: 200, body: { compatibilityLevel: level } };
    }
    if (line.startsWith('PUT /config/')) {
      this.levels.set(subject, String(JSON.parse(body).compatibility));
      return { status: 200, body: JSON.parse(body) };
    }
    if (line.startsWith('POST /subjects/')) {
      if (this.fault === 'refuse-schemas') {
        return { status: 409, body: { error_code: 409, message: 'READER_FIELD_MISSING_DEFAULT_VALUE' } };
      }
      const id = this.schemas.size + 1;
      this.schemas.set(id, String(JSON.parse(body).schema));
      return { status: 200, body: { id } };
    }
    const id = Number(/\/schemas\/ids\/(\d+)/.exec(line)?.[1]);
    const answer = this.answers.get(id);
    if (answer) return { status: 200, body: answer };
    const schema = this.schemas.get(id);
    return schema === undefined
      ? { status: 404, body: { error_code: 40403, message: 'Schema not found' } }
      : { status: 200, body: { schema } };
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

const isAddress = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;
