import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text as textOf } from 'node:stream/consumers';

export interface RequestOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the first byte sent to the last one received, ms. */
  readonly timeoutMs: number;
  /** PEM of the authorities to trust instead of those that Node knows. */
  readonly ca?: string;
}

/** One HTTP request with its answer as text; `fetch` cannot be given an authority of its own. Rejects with Node's errors. */
export function requestText(url: string, options: RequestOptions): Promise<{ status: number; text: string }> {
  const { method, headers, body, timeoutMs, ca } = options;
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const request = send(
      url,
      {
        method,
        headers: { ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) },
        signal,
        rejectUnauthorized: true,
        ...(ca === undefined ? {} : { ca }),
      },
      (response) => {
        textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
      },
    );
    // Node takes a status that nobody asked for (101) for no answer and for no error.
    request.once('upgrade', ({ statusCode = 0 }, socket) => {
      socket.destroy();
      resolve({ status: statusCode, text: '' });
    });
    request.on('error', (error) =>
      reject(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`, { cause: error }) : error),
    );
    request.end(body);
  });
}
