import type { LookupAddress } from 'node:dns';
import { createServer as createTcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  createUrlFetcher,
  type UrlFetched,
  type UrlFetcherSettings,
} from '../../../src/sources/url-fetcher.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { httpsOnLoopback } from '../security/loopback-tls.ts';
import { WebOnLoopback } from './web-on-loopback.ts';

const IMAGE = Buffer.from('the bytes of an image');
const MAX_BYTES = 1_000;
const SECRET = 'sig=never-to-be-told';

let web: WebOnLoopback;
beforeAll(async () => {
  web = await WebOnLoopback.start();
});
afterAll(() => web.stop());

/** Names that only the tests' resolver knows, and how often it was asked. */
let resolved: string[];
beforeEach(() => {
  resolved = [];
  web.requests.length = 0;
});

const loopback: readonly LookupAddress[] = [{ address: '127.0.0.1', family: 4 }];

function fetcher(change: Partial<UrlFetcherSettings> = {}) {
  return createUrlFetcher({
    hosts: [`images.test:${web.port}`, `other.test:${web.port}`],
    schemes: ['https', 'http'],
    allowPrivate: ['127.0.0.1/32'],
    timeoutMs: 5_000,
    maxRetryDelayMs: 10,
    resolve: async (host) => {
      resolved.push(host);
      return loopback;
    },
    ...change,
  });
}

type Settings = Partial<UrlFetcherSettings>;

interface Asked {
  readonly settings?: Partial<UrlFetcherSettings>;
  readonly sizeBytes?: number;
  readonly reserve?: (bytes: number) => Promise<void>;
  readonly signal?: AbortSignal;
}

async function get(path: string, { settings, sizeBytes, reserve, signal }: Asked = {}): Promise<UrlFetched> {
  const url = path.startsWith('http') ? path : `http://images.test:${web.port}${path}?${SECRET}`;
  const fetched = await fetcher(settings).get(
    { url, ...(sizeBytes === undefined ? {} : { sizeBytes }) },
    { maxBytes: MAX_BYTES, reserve: reserve ?? (async () => {}), ...(signal && { signal }) },
  );
  expect(JSON.stringify(fetched)).not.toContain('never-to-be-told');
  return fetched;
}

const rejected = (code: string) => ({ found: 'none', outcome: 'rejected', problem: { code } });
const failed = (code: string) => ({ found: 'none', outcome: 'failed', problem: { code } });

test('gets an image from the address that was judged, whatever the name means elsewhere', async () => {
  web.page('/a.jpg', (_request, response) => response.end(IMAGE));
  expect(await get('/a.jpg')).toEqual({ found: 'image', body: IMAGE });
  expect(web.requests).toMatchObject([{ host: `images.test:${web.port}`, path: `/a.jpg?${SECRET}` }]);
  expect(resolved).toEqual(['images.test']);
});

test('sends no credential and asks for no compression', async () => {
  web.page('/plain', (_request, response) => response.end(IMAGE));
  await get('/plain');
  const { headers } = web.requests[0] ?? {};
  expect(headers).toMatchObject({ 'accept-encoding': 'identity' });
  for (const name of ['authorization', 'cookie', 'referer']) expect(headers).not.toHaveProperty(name);
});

test.each([
  ['a host that is not listed', 'http://elsewhere.test/'],
  ['the right host at another port', 'http://images.test/'],
  ['a password', 'http://user:never-to-be-told@images.test/'],
])('%s is not even resolved', async (_name, url) => {
  expect(await get(url)).toMatchObject(rejected('URL_NOT_ALLOWED'));
  expect(resolved).toEqual([]);
});

test('a name with a private address is not asked', async () => {
  web.page('/private', (_request, response) => response.end(IMAGE));
  const settings: Settings = { allowPrivate: [] };
  expect(await get('/private', { settings })).toMatchObject(rejected('URL_ADDRESS_REFUSED'));
  expect(web.requests).toEqual([]);
});

test('nor is one with a public and a private address', async () => {
  const settings: Settings = {
    resolve: async () => [...loopback, { address: '10.0.0.1', family: 4 }],
  };
  expect(await get('/a.jpg', { settings })).toMatchObject(rejected('URL_ADDRESS_REFUSED'));
  expect(web.requests).toEqual([]);
});

test('a literal address is judged as one', async () => {
  const settings: Settings = { hosts: [`127.0.0.1:${web.port}`, `[::1]:${web.port}`], allowPrivate: [] };
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[0:0:0:0:0:0:0:1]'])
    expect(await get(`http://${host}:${web.port}/a.jpg`, { settings })).toMatchObject(
      rejected('URL_ADDRESS_REFUSED'),
    );
  expect(resolved).toEqual([]);
  const allowed = { ...settings, allowPrivate: ['127.0.0.0/8'] };
  web.page('/a.jpg', (_request, response) => response.end(IMAGE));
  expect(await get(`http://127.0.0.1:${web.port}/a.jpg`, { settings: allowed })).toMatchObject({
    found: 'image',
  });
});

test('a name that changes its address between check and connection is not followed there', async () => {
  web.page('/rebound', (_request, response) => response.end(IMAGE));
  const answers: LookupAddress[][] = [[...loopback], [{ address: '10.0.0.1', family: 4 }]];
  let asked = 0;
  const settings: Settings = { resolve: async () => answers[asked++] ?? [] };
  expect(await get('/rebound', { settings })).toMatchObject({ found: 'image' });
  expect(asked).toBe(1);
});

test.each([301, 302, 303, 307, 308])('follows a redirect (%i) and resolves its host anew', async (status) => {
  const location = `http://other.test:${web.port}/there?${SECRET}`;
  web.page('/here', (_request, response) => response.writeHead(status, { location }).end());
  web.page('/there', (_request, response) => response.end(IMAGE));
  expect(await get('/here')).toMatchObject({ found: 'image', body: IMAGE });
  expect(resolved).toEqual(['images.test', 'other.test']);
  web.page('/here', (_request, response) => response.writeHead(status, { location: '/there' }).end());
  expect(await get('/here')).toMatchObject({ found: 'image', body: IMAGE });
});

test.each([
  ['to a host that is not listed', (): string => 'http://elsewhere.test/', 'URL_NOT_ALLOWED'],
  ['to a file', (): string => 'file:///etc/passwd', 'URL_NOT_ALLOWED'],
  ['with a password', (): string => `http://u:p@other.test:${web.port}/`, 'URL_NOT_ALLOWED'],
  ['to a private address', (): string => `http://other.test:${web.port}/a.jpg`, 'URL_ADDRESS_REFUSED'],
  ['to metadata', (): string => `http://169.254.169.254/latest/meta-data`, 'URL_NOT_ALLOWED'],
  ['to what is no URL', (): string => 'http://[', 'URL_REFUSED'],
  ['to itself', (): string => '/loop', 'URL_TOO_MANY_REDIRECTS'],
] as const)('a redirect %s is refused', async (_name, location, code) => {
  web.page('/loop', (_request, response) => response.writeHead(302, { location: location() }).end());
  const settings: Settings = {
    resolve: async (host) => (host === 'other.test' ? [{ address: '10.0.0.1', family: 4 }] : loopback),
  };
  expect(await get('/loop', { settings })).toMatchObject(rejected(code));
  expect(web.requests.length).toBe(code === 'URL_TOO_MANY_REDIRECTS' ? 6 : 1);
});

test('a redirect with letters beyond ASCII goes where a browser goes', async () => {
  const location = Buffer.from('/café.jpg').toString('latin1');
  web.page('/moved', (_request, response) => response.writeHead(302, { location }).end());
  web.page('/caf%C3%A9.jpg', (_request, response) => response.end(IMAGE));
  expect(await get('/moved')).toEqual({ found: 'image', body: IMAGE });
});

test('a host that switches protocols without being asked to is refused, and holds nothing up', async () => {
  web.page('/switches', ({ socket }) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n');
  });
  expect(await get('/switches')).toMatchObject(rejected('URL_REFUSED'));
});

test.each(['', 'identity', ' Identity '])('a content-encoding of "%s" is none', async (encoding) => {
  web.page('/encoded', (_request, response) =>
    response.writeHead(200, { 'content-encoding': encoding }).end(IMAGE),
  );
  expect(await get('/encoded')).toMatchObject({ found: 'image' });
});

test('a redirect to metadata is refused where host and network are allowed, too', async () => {
  const location = 'http://169.254.169.254/latest/meta-data';
  web.page('/metadata', (_request, response) => response.writeHead(302, { location }).end());
  const settings = {
    hosts: [`images.test:${web.port}`, '169.254.169.254'],
    allowPrivate: ['0.0.0.0/0'],
  };
  expect(await get('/metadata', { settings })).toMatchObject(rejected('URL_ADDRESS_REFUSED'));
});

test.each([
  [404, 'URL_NOT_FOUND'],
  [410, 'URL_NOT_FOUND'],
  [403, 'URL_REFUSED'],
  [401, 'URL_REFUSED'],
  [204, 'URL_REFUSED'],
  [206, 'URL_REFUSED'],
  [304, 'URL_REFUSED'],
  [302, 'URL_REFUSED'], // without a location
])('status %i is %s, and asked for once', async (status, code) => {
  web.page('/status', (_request, response) => response.writeHead(status).end());
  expect(await get('/status')).toMatchObject(rejected(code));
  expect(web.requests).toHaveLength(1);
});

test.each([500, 503, 429, 408])('status %i is tried again, three times in all', async (status) => {
  let left = 2;
  web.page('/busy', (_request, response) =>
    left-- > 0 ? response.writeHead(status).end() : response.end(IMAGE),
  );
  expect(await get('/busy')).toMatchObject({ found: 'image' });
  expect(web.requests).toHaveLength(3);
  left = 9;
  expect(await get('/busy')).toMatchObject(failed('URL_FAILED'));
  expect(web.requests).toHaveLength(6);
});

test('waits as long as the other side asks for', async () => {
  let startedMs = 0;
  web.page('/later', (_request, response) => {
    if (startedMs > 0) return void response.end(IMAGE);
    startedMs = performance.now();
    response.writeHead(503, { 'retry-after': '1' }).end();
  });
  expect(await get('/later')).toMatchObject({ found: 'image' });
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
});

test('an image that is larger by its content-length is refused before any of it is read', async () => {
  let reserved = false;
  web.page('/huge', (_request, response) => {
    response.writeHead(200, { 'content-length': '99999999999' });
    response.write(IMAGE);
  });
  const reserve = async () => {
    reserved = true;
  };
  expect(await get('/huge', { reserve })).toMatchObject(rejected('IMAGE_TOO_LARGE'));
  expect(reserved).toBe(false);
});

test('an endless body is cut off at the limit', async () => {
  let closed = false;
  web.page('/endless', (_request, response) => {
    const chunk = Buffer.alloc(100);
    const more = () => {
      while (!closed && response.write(chunk)) {}
    };
    response.on('drain', more).on('close', () => {
      closed = true;
    });
    more();
  });
  const reserved: number[] = [];
  const reserve = async (bytes: number) => void reserved.push(bytes);
  expect(await get('/endless', { reserve })).toMatchObject(rejected('IMAGE_TOO_LARGE'));
  expect(reserved).toEqual([MAX_BYTES]); // nobody said how much it is
  await expect.poll(() => closed).toBe(true);
});

test('makes room for as much as is told, before the body is read', async () => {
  const steps: string[] = [];
  web.page('/roomy', (_request, response) => {
    response.writeHead(200, { 'content-length': IMAGE.length });
    response.end(IMAGE);
  });
  const reserve = async (bytes: number) => {
    steps.push(`reserve ${bytes}`);
  };
  expect(await get('/roomy', { reserve })).toMatchObject({ found: 'image' });
  expect(steps).toEqual([`reserve ${IMAGE.length}`]);
});

test('the time that it waits for room itself is no time-out', async () => {
  web.page('/patient', (_request, response) => response.end(IMAGE));
  const settings = { timeoutMs: 1_000 };
  expect(await get('/patient', { settings, reserve: () => sleep(1_300) })).toMatchObject({ found: 'image' });
});

test('a connection that is lost meanwhile is tried again', async () => {
  let first = true;
  web.page('/lost', (_request, response) => {
    response.writeHead(200, { 'content-length': IMAGE.length });
    if (first) response.write(IMAGE.subarray(0, 3), () => response.destroy());
    else response.end(IMAGE);
    first = false;
  });
  expect(await get('/lost', { reserve: () => sleep(100) })).toMatchObject({ found: 'image', body: IMAGE });
});

test.each([
  ['fewer', 3, 'OBJECT_SIZE_DIFFERS'],
  ['more', 500, 'OBJECT_SIZE_DIFFERS'],
] as const)('an image of %s bytes than the record says is refused', async (_name, sizeBytes, code) => {
  web.page('/sized', (_request, response) => response.end(IMAGE));
  expect(await get('/sized', { sizeBytes })).toMatchObject(rejected(code));
  web.page('/chunked', (_request, response) => {
    response.write(IMAGE.subarray(0, 5));
    response.end(IMAGE.subarray(5));
  });
  expect(await get('/chunked', { sizeBytes })).toMatchObject(rejected(code));
});

test.each([
  ['sends no head', (write: (text: string) => void) => void write('HTTP/1.1 200 OK\r\n')],
  [
    'sends its head a byte at a time',
    async (write: (text: string) => boolean) => {
      for (const byte of `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(2000)}`) {
        if (!write(byte)) return;
        await sleep(20);
      }
    },
  ],
  [
    'sends its body a byte at a time',
    async (write: (text: string) => boolean) => {
      write('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n');
      for (let byte = 0; byte < 500; byte++) {
        if (!write('a')) return;
        await sleep(20);
      }
    },
  ],
])('a server that %s costs its time and no more', async (_name, answer) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    const write = (text: string) => {
      if (socket.writable) socket.write(text);
      return socket.writable;
    };
    socket.once('data', () => void answer(write));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const settings = { hosts: [`slow.test:${port}`], timeoutMs: 200 };
  const startedMs = performance.now();
  const fetched = await get(`http://slow.test:${port}/a.jpg?${SECRET}`, { settings });
  expect(fetched).toMatchObject(failed('URL_TIMEOUT'));
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  await new Promise((resolve) => server.close(resolve));
});

test('a resolver that never answers is a time-out', async () => {
  const settings = { timeoutMs: 100, resolve: () => new Promise<never>(() => {}) };
  expect(await get('/a.jpg', { settings })).toMatchObject(failed('URL_TIMEOUT'));
});

test.each([
  [
    'a name that does not exist',
    Object.assign(new Error('getaddrinfo secret'), { code: 'ENOTFOUND' }),
    'ENOTFOUND',
  ],
  ['no resolver', new Error('secret'), 'Error'],
])('%s fails, after all attempts', async (_name, error, word) => {
  let asked = 0;
  const settings: Settings = {
    resolve: async () => {
      asked++;
      throw error;
    },
  };
  const fetched = await get('/a.jpg', { settings });
  expect(fetched).toMatchObject(failed('URL_FAILED'));
  expect(JSON.stringify(fetched)).toContain(`(${word})`);
  expect(JSON.stringify(fetched)).not.toContain('secret');
  expect(asked).toBe(3);
});

test('a port where nobody listens fails', async () => {
  const settings = { hosts: ['closed.test:1'] };
  const fetched = await get(`http://closed.test:1/a.jpg?${SECRET}`, { settings });
  expect(fetched).toMatchObject(failed('URL_FAILED'));
  expect(JSON.stringify(fetched)).toContain('(ECONNREFUSED)');
});

test('what is compressed is refused and never inflated', async () => {
  const bomb = gzipSync(Buffer.alloc(700_000));
  web.page('/bomb', (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bomb.length });
    response.end(bomb);
  });
  expect(await get('/bomb')).toMatchObject(rejected('URL_REFUSED'));
  web.page('/silent-bomb', (_request, response) => response.end(bomb));
  expect(await get('/silent-bomb')).toEqual({ found: 'image', body: bomb }); // no image: the guard says so
});

test('ends when it is told to, in a body and in a pause', async () => {
  web.page('/stuck', (_request, response) => response.write('a'));
  web.page('/down', (_request, response) => response.writeHead(503, { 'retry-after': '20' }).end());
  for (const path of ['/stuck', '/down']) {
    const stop = new AbortController();
    const got = get(path, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('stopped')), 100);
    await expect(got).rejects.toThrow(/stopped|aborted/);
  }
});

test('over https a certificate is checked, against the name and the authority', async () => {
  const certificates = await makeCertificates();
  const server = await httpsOnLoopback(certificates, (request, response) =>
    request.url === '/down'
      ? response.writeHead(302, { location: `http://images.test:${web.port}/a.jpg` }).end()
      : response.end(IMAGE),
  );
  const names = { hosts: [`localhost:${server.port}`, `images.test:${server.port}`] };
  const trusting = { ...names, ca: certificates.ca };
  const localhost = `https://localhost:${server.port}`;
  try {
    expect(await get(`${localhost}/a.jpg`, { settings: trusting })).toEqual({ found: 'image', body: IMAGE });
    expect(await get(`${localhost}/a.jpg`, { settings: names })).toMatchObject(failed('URL_FAILED'));
    const otherName = await get(`https://images.test:${server.port}/a.jpg`, { settings: trusting });
    expect(otherName).toMatchObject(failed('URL_FAILED'));
    expect(JSON.stringify(otherName)).toContain('(ERR_TLS_CERT_ALTNAME_INVALID)');
    const hosts = [...names.hosts, `images.test:${web.port}`];
    const downgraded = await get(`${localhost}/down`, { settings: { ...trusting, hosts } });
    expect(downgraded).toMatchObject(rejected('URL_REFUSED'));
    expect(web.requests).toEqual([]);
  } finally {
    await server.close();
    await certificates.remove();
  }
});
