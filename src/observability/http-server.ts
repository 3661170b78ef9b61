import { createServer, type ServerResponse } from 'node:http';

/** Whether the process should be kept, whether it does its work, and if not, why not. */
export interface Health {
  readonly live: boolean;
  readonly ready: boolean;
  readonly state: string;
  readonly causes: readonly string[];
}

export interface HealthServer {
  /** `http://host:port`, with the port that was really taken. */
  readonly url: string;
  close(): Promise<void>;
}

/** The port cannot be listened on; the message says which, and what to do. */
export class ListenError extends Error {
  readonly code = 'HTTP_PORT_UNAVAILABLE';
}

const whyNotListening: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there already',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host name is not known',
};

function answer(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  withBody: boolean,
) {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(withBody ? body : undefined);
}

/**
 * Serves `GET /health/live`, `GET /health/ready` (200, or 503 with the causes; JSON) and `GET /metrics` (Prometheus text).
 * Throws ListenError when the address cannot be had.
 */
export async function startHealthServer(options: {
  readonly host: string;
  readonly port: number;
  readonly health: () => Health;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}): Promise<HealthServer> {
  const { host, port, health } = options;
  const json = (status: number, body: unknown) =>
    ({ status, contentType: 'application/json', text: `${JSON.stringify(body)}\n` }) as const;

  const routes: Readonly<
    Record<string, () => Promise<{ status: number; contentType: string; text: string }>>
  > = {
    '/health/live': async () => {
      const { live, state } = health();
      return json(live ? 200 : 503, { live, state });
    },
    '/health/ready': async () => {
      const { ready, state, causes } = health();
      return json(ready ? 200 : 503, { ready, state, causes });
    },
    '/metrics': async () => ({ status: 200, ...(await options.metrics()) }),
  };

  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    const withBody = request.method !== 'HEAD';
    request.resume();
    const reply = async () => {
      if (!route) return json(404, { error: 'no such page', pages: Object.keys(routes) });
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return json(405, { error: 'only GET and HEAD' });
      return route();
    };
    reply()
      .catch((error: unknown) => json(500, { error: error instanceof Error ? error.message : String(error) }))
      .then(({ status, contentType, text }) => answer(response, status, contentType, text, withBody));
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = whyNotListening[error.code ?? ''] ?? error.message;
      reject(
        new ListenError(
          `cannot listen on ${host}:${port}: ${why}. What to do: set HTTP_PORT to another port (0 takes a free one) or HTTP_HOST`,
          { cause: error },
        ),
      );
    });
    server.listen(port, host, resolve);
  });

  const address = server.address();
  const taken = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
