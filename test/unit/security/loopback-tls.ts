import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket as Secured, type TLSSocket } from 'node:tls';
import type { Certificates } from '../../support/certificates.ts';

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

async function listen(server: Server, sockets: Set<Socket>): Promise<Listening> {
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // a client that does not trust us hangs up
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A web server with the certificate. */
export function httpsOnLoopback(
  { certificate, key }: Certificates,
  answer: RequestListener,
): Promise<Listening> {
  return listen(createHttpsServer({ cert: certificate, key }, answer), new Set());
}

/**
 * A server that takes a connection in clear, does `before` with it and then TLS; `after` gets what comes through that. Redis begins
 * with TLS at once, PostgreSQL asks for it first.
 */
export function tlsOnLoopback(
  { certificate, key }: Certificates,
  after: (data: Buffer, socket: TLSSocket) => void,
  before: (socket: Socket) => Promise<boolean> = async () => true,
): Promise<Listening> {
  const secureContext = createSecureContext({ cert: certificate, key });
  const server = createServer(async (socket) => {
    if (!(await before(socket))) return;
    const secured = new Secured(socket, { isServer: true, secureContext });
    secured.on('error', () => {});
    secured.on('data', (data) => after(data, secured));
  });
  return listen(server, new Set());
}
