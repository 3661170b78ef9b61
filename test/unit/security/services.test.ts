import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RegistryClient } from '../../../src/serdes/registry-client.ts';
import { createRedisCounters } from '../../../src/sinks/redis.ts';
import { Connection } from '../../../src/warehouse/connection.ts';
import { type Certificates, makeCertificates } from '../../support/certificates.ts';
import { httpsOnLoopback, type Listening, tlsOnLoopback } from './loopback-tls.ts';

let certificates: Certificates;
let server: Listening | undefined;
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterAll(() => certificates.remove());
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const SCHEMA = '{"type":"record","name":"Empty","fields":[]}';

describe('the registry over TLS', () => {
  /** Answers as a registry that wants a token, and notes what it was given. */
  async function registry(authorizations: (string | undefined)[]): Promise<string> {
    server = await httpsOnLoopback(certificates, (request, response) => {
      const { authorization } = request.headers;
      authorizations.push(authorization);
      response.writeHead(authorization === 'Bearer good' ? 200 : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 1, compatibilityLevel: 'BACKWARD', message: 'who are you?' }));
    });
    return `https://127.0.0.1:${server.port}`;
  }

  it('gets the token with every request, once its authority is known', async () => {
    const authorizations: (string | undefined)[] = [];
    const url = await registry(authorizations);
    const client = new RegistryClient({ url, ca: certificates.ca, token: 'good', requestTimeoutMs: 5_000 });
    await expect(client.register('empty-value', SCHEMA)).resolves.toBe(1);
    expect(authorizations.length).toBeGreaterThan(1);
    expect(new Set(authorizations)).toEqual(new Set(['Bearer good']));
  });

  it.each([
    ['no authority', undefined],
    ['another authority', 'other'],
  ])('ends with the name of the setting where %s is configured', async (_, which) => {
    const url = await registry([]);
    const ca = which && certificates.otherCa;
    const client = new RegistryClient({ url, token: 'good', requestTimeoutMs: 5_000, ...(ca && { ca }) });
    await expect(client.register('empty-value', SCHEMA)).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      disposition: 'fail',
      message: expect.stringContaining('SCHEMA_REGISTRY_CA_FILE'),
    });
  });

  it('says which settings to check where the token is refused, without the token', async () => {
    const url = await registry([]);
    const client = new RegistryClient({
      url,
      ca: certificates.ca,
      token: 'hunter2',
      requestTimeoutMs: 5_000,
    });
    const error = await client.register('empty-value', SCHEMA).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining('SCHEMA_REGISTRY_TOKEN'),
    });
    expect(String(error)).not.toContain('hunter2');
  });
});

describe('Redis over TLS', () => {
  const signal = new AbortController().signal;

  it('is given user and password through it, once its authority is known', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    server = await tlsOnLoopback(certificates, (data) => resolve(data.toString()));
    const url = `rediss://127.0.0.1:${server.port}`;
    const sink = createRedisCounters({
      url,
      ca: certificates.ca,
      username: 'dark',
      password: 'room',
      timeoutMs: 2_000,
    });
    sink.check({ signal }).catch(() => {}); // this server answers nothing
    expect(await promise).toMatch(/\r\nAUTH\r\n\$4\r\ndark\r\n\$4\r\nroom\r\n/);
    await sink.close();
  });

  it('ends with the name of the setting where its authority is not known', async () => {
    server = await tlsOnLoopback(certificates, () => {});
    const url = `rediss://:hunter2@127.0.0.1:${server.port}`;
    const sink = createRedisCounters({ url, ca: certificates.otherCa, timeoutMs: 2_000 });
    await expect(sink.check({ signal })).rejects.toMatchObject({
      code: 'REDIS_REFUSED',
      disposition: 'fail',
      message: expect.stringMatching(/^(?!.*hunter2).*REDIS_CA_FILE/),
    });
    await sink.close();
  });
});

describe('the warehouse over TLS', () => {
  /** PostgreSQL's SSLRequest, answered with S (TLS follows) or N (none here). */
  const answering = (letter: 'S' | 'N') => async (socket: Socket) => {
    await once(socket, 'data');
    socket.write(letter);
    return letter === 'S';
  };
  const url = (port: number, more = '') => `postgres://dark:room@127.0.0.1:${port}/stats${more}`;

  it('learns who connects only through it, once its authority is known', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const refusal = Buffer.from('E\0\0\0\x1eSFATAL\0C28P01\0Mwho are you?\0\0', 'latin1');
    refusal.writeInt32BE(refusal.length - 1, 1);
    server = await tlsOnLoopback(
      certificates,
      (data, socket) => {
        resolve(data.toString());
        socket.end(refusal);
      },
      answering('S'),
    );
    const place = { url: url(server.port), ca: certificates.ca };
    await expect(Connection.open(place)).rejects.toMatchObject({
      code: 'WAREHOUSE_REFUSED',
      message: expect.stringContaining('WAREHOUSE_PASSWORD'),
    });
    expect(await promise).toContain('user\0dark\0database\0stats');
  });

  it.each(['', '?sslmode=require', '?sslmode=verify-ca', '?sslmode=verify-full'])(
    'ends with the name of the setting where another has signed its certificate%s',
    async (more) => {
      server = await tlsOnLoopback(certificates, () => {}, answering('S'));
      const place = { url: url(server.port, more), ca: certificates.otherCa };
      await expect(Connection.open(place)).rejects.toMatchObject({
        code: 'WAREHOUSE_REFUSED',
        disposition: 'fail',
        message: expect.stringContaining('WAREHOUSE_CA_FILE'),
      });
    },
  );

  it('never goes on in clear where TLS is asked for and not to be had', async () => {
    server = await tlsOnLoopback(certificates, () => {}, answering('N'));
    await expect(Connection.open(url(server.port, '?sslmode=require'))).rejects.toMatchObject({
      code: 'WAREHOUSE_REFUSED',
      message: expect.stringContaining('sslmode'),
    });
  });
});
