import { createServer } from 'node:net';

// Below the ranges that Linux (32768) and macOS (49152) give to outgoing connections: a port of theirs could be taken
// by any client while a broker is being restarted.
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

/** `count` different free ports of the loopback interface. Somebody may still take one before it is used. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
