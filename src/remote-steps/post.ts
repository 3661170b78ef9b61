import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Of one attempt to connect, after which another may help. */
const CONNECT_MS = 10_000;

/**
 * Sends one POST and resolves with the head of its answer, whose body is not read yet. Waits as long as `signal` lets it, which
 * `fetch` does not: that gives up after 300 s. Follows no redirect, decompresses nothing. Rejects with Node's errors.
 */
export function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const secure = url.startsWith('https:');
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      headers: {
        ...{ accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'darkroom' },
        ...headers,
        'content-length': String(body.length),
      },
      rejectUnauthorized: true,
      signal,
    });
    request.once('socket', (socket) => {
      if (!socket.connecting) return; // kept alive
      const late = Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' });
      const timer = setTimeout(() => request.destroy(late), CONNECT_MS);
      socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(timer));
      request.once('close', () => clearTimeout(timer));
    });
    request.once('response', resolve);
    // Status 101 was not asked for. Node takes it for no answer and for no error.
    request.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response);
    });
    request.on('error', reject);
    request.end(body);
  });
}
