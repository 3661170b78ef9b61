import type { LookupAddress } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { AttemptTime } from './url-time.ts';

/** From the first byte of DNS to the end of TLS; then to the head of the answer. */
const CONNECT_MS = 5_000;
const ANSWER_MS = 10_000;

/** Connections to addresses that were checked; none is kept for another request, TLS sessions are. */
export class PinnedRequests {
  readonly #http = new HttpAgent({ keepAlive: false });
  readonly #https: HttpsAgent;

  /** @param ca PEM of the authorities that may have signed certificates; absent: those that Node knows. */
  constructor(ca?: string) {
    this.#https = new HttpsAgent({ keepAlive: false, rejectUnauthorized: true, ...(ca && { ca }) });
  }

  /** Begins the time of a connection, which a look-up of names belongs to. */
  static beginConnecting(time: AttemptTime): void {
    time.begin('connection', CONNECT_MS);
  }

  /**
   * Asks for `url` at one of `addresses` and nowhere else, whatever the name resolves to by now. Follows no redirect,
   * decompresses nothing, sends no cookie or credential. Resolves with the head of the answer; its body is not read yet.
   */
  get(url: URL, addresses: readonly LookupAddress[], time: AttemptTime): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)({
        ...urlToHttpOptions(url),
        agent: secure ? this.#https : this.#http,
        // net asks for all where it may choose among families
        lookup: (_host, { all }, told) => {
          const [first] = addresses;
          if (all) told(null, [...addresses]);
          else told(null, first?.address ?? '', first?.family);
        },
        headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'darkroom' },
        signal: time.signal,
      });
      request.once('socket', (socket) =>
        socket.once(secure ? 'secureConnect' : 'connect', () => time.begin('answer', ANSWER_MS)),
      );
      request.once('response', (response) => {
        time.pause();
        resolve(response);
      });
      // Status 101 was not asked for. Node takes it for no answer and for no error.
      request.once('upgrade', (response, socket) => {
        socket.destroy();
        resolve(response);
      });
      request.on('error', (error) => reject(time.signal.aborted ? time.signal.reason : error));
      request.end();
    });
  }
}
