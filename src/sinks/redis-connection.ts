import { Redis } from 'ioredis';
import { StreamsError, tlsProblemOf } from '../topology/errors.ts';
import type { Script } from './redis-scripts.ts';

export interface RedisSettings {
  /** `redis://` or `rediss://`, with user and password or without. */
  readonly url: string;
  /** Where the address has none. */
  readonly username?: string;
  readonly password?: string;
  /** PEM of the authorities that may have signed the certificate of a `rediss://` address; absent: those that Node knows. */
  readonly ca?: string;
  /** One command, or the wait for a connection, ms; 5 s by default. */
  readonly timeoutMs?: number;
}

/** Redis has answered and cannot do it now: it is loading, failing over, full, or cannot write to its disk. */
const LATER = /^(LOADING|BUSY|MASTERDOWN|READONLY|TRYAGAIN|CLUSTERDOWN|OOM|MISCONF|NOREPLICAS|UNKILLABLE)\b/;
const NOT_LET_IN = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/;
const LONGEST_RECONNECT_MS = 2_000;

/** The one way to Redis: never sends a command twice, waits for no queue, and turns errors into what they mean. */
export class RedisConnection {
  readonly #client: Redis;
  readonly #timeoutMs: number;
  #trouble: unknown;
  #provenRight = false;
  #safe = false;

  constructor({ url, username, password, ca, timeoutMs = 5_000 }: RedisSettings) {
    this.#timeoutMs = timeoutMs;
    this.#client = new Redis(url, {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(url.startsWith('rediss:') && {
        tls: { rejectUnauthorized: true, ...(ca !== undefined && { ca }) },
      }),
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false, // it would count twice
      maxRetriesPerRequest: 0,
      commandTimeout: timeoutMs,
      connectTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      retryStrategy: (times) => Math.random() * Math.min(LONGEST_RECONNECT_MS, 50 * 2 ** Math.min(times, 10)),
      reconnectOnError: ({ message }) => message.startsWith('READONLY'), // the former primary of a failover
    });
    this.#client.on('error', (error: unknown) => {
      this.#trouble = error;
    });
    this.#client.on('ready', () => {
      this.#trouble = undefined;
    });
    this.#client.on('close', () => {
      this.#safe = false;
      this.#trouble ??= new Error('the connection was closed');
    });
  }

  /**
   * Runs commands on an open connection. Throws REDIS_UNAVAILABLE (`retry`), or REDIS_REFUSED (`fail`; `retry` once it has
   * let us in), REDIS_KEY_TAKEN (`fail`).
   */
  async use<T>(commands: (client: Redis) => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      await this.#ready(signal);
      const result = await commands(this.#client);
      this.#provenRight = true;
      this.#trouble = undefined;
      return result;
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof StreamsError ? error : this.#meaning(error);
    }
  }

  /** The same, once it is known that this Redis forgets nothing by itself: else throws REDIS_EVICTS. */
  useSafely<T>(commands: (client: Redis) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.use(async (client) => {
      if (!this.#safe) await this.#requireNoEviction(client);
      this.#safe = true;
      return commands(client);
    }, signal);
  }

  close(): void {
    this.#client.disconnect();
  }

  async #ready(signal: AbortSignal): Promise<void> {
    if (this.#client.status === 'wait') this.#client.connect().catch(() => {}); // told by the event `error`
    if (this.#client.status === 'ready') return;
    await new Promise<void>((resolve, reject) => {
      const leave = (settle: () => void) => () => {
        clearTimeout(timer);
        this.#client.off('ready', onReady);
        this.#client.off('error', onError);
        signal.removeEventListener('abort', onAbort);
        settle();
      };
      const onReady = leave(resolve);
      const onError = leave(() => reject(this.#trouble));
      const onAbort = leave(() => reject(signal.reason));
      const timer = setTimeout(
        leave(() => reject(this.#trouble ?? new Error(`no connection within ${this.#timeoutMs} ms`))),
        this.#timeoutMs,
      );
      this.#client.once('ready', onReady);
      this.#client.once('error', onError);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** INFO and not CONFIG, which hosted Redis does not allow. */
  async #requireNoEviction(client: Redis): Promise<void> {
    const policy = /^maxmemory_policy:(\S+)/m.exec(await client.info('memory'))?.[1];
    if (policy === 'noeviction') return;
    throw new StreamsError(
      'REDIS_EVICTS',
      this.#provenRight ? 'retry' : 'fail',
      `Redis has the maxmemory-policy ${policy}, which may evict a fence and so count images twice; ` +
        'set it to noeviction (redis.conf, or the parameter group of a hosted Redis)',
    );
  }

  /** Only messages are repeated: the errors carry commands, and with them the password. */
  #meaning(error: unknown): StreamsError {
    const cause = isReply(error) || this.#trouble === undefined ? error : this.#trouble;
    const message = messageOf(cause);
    if (NOT_LET_IN.test(message)) {
      return new StreamsError(
        'REDIS_REFUSED',
        this.#provenRight ? 'retry' : 'fail',
        `Redis does not let us in: ${message}; check user and password of REDIS_URL (or REDIS_USERNAME, REDIS_PASSWORD), and the user's rights`,
      );
    }
    const tls = tlsProblemOf(cause);
    if (tls !== undefined) {
      return new StreamsError(
        'REDIS_REFUSED',
        this.#provenRight ? 'retry' : 'fail',
        `TLS with Redis did not come about (${message}); ` +
          (tls === 'other-name'
            ? 'let REDIS_URL have a name that is in its certificate'
            : tls === 'no-tls'
              ? 'REDIS_URL must begin with redis:// where Redis speaks no TLS'
              : 'let REDIS_CA_FILE name the authority that has signed its certificate'),
      );
    }
    if (message.startsWith('WRONGTYPE')) {
      return new StreamsError(
        'REDIS_KEY_TAKEN',
        'fail',
        'a key of the counters holds something else; give Darkroom a database or a prefix of its own',
      );
    }
    if (isReply(cause) && !LATER.test(message)) {
      return new StreamsError('REDIS_REFUSED', 'fail', `Redis refuses a command: ${message}`);
    }
    return new StreamsError('REDIS_UNAVAILABLE', 'retry', `Redis is not to be reached: ${message}`);
  }
}

/** Runs a script, and teaches it to a Redis that does not know it (a new one, or one that was restarted). */
export async function runScript(
  client: Redis,
  { sha1, text }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha1, keys.length, ...keys, ...args);
  } catch (error) {
    if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
    return client.eval(text, keys.length, ...keys, ...args);
  }
}

const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError';

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = Reflect.get(error, 'code');
  return error.message || (typeof code === 'string' ? code : error.name);
}
