import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { keptToken } from '../../../src/cli/kept-token.ts';
import { mskToken } from '../../../src/cli/msk-token.ts';
import { clientToken, fileToken } from '../../../src/cli/oauth-token.ts';
import { type Certificates, makeCertificates } from '../../support/certificates.ts';
import { httpsOnLoopback, type Listening } from './loopback-tls.ts';

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

/** A token server with this answer, and what a client needs for it. */
async function tokenServer(status: number, answer: object, asked: string[] = []) {
  server = await httpsOnLoopback(certificates, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push(`${request.headers.authorization} ${body}`);
    response.writeHead(status).end(JSON.stringify(answer));
  });
  const url = `https://127.0.0.1:${server.port}/token`;
  return { url, clientId: 'dark room', clientSecret: 'hunter2', ca: certificates.ca };
}

describe('tokens of an OAuth server', () => {
  it('are asked for as RFC 6749 says, once while one is good', async () => {
    const asked: string[] = [];
    const options = await tokenServer(200, { access_token: 'good', expires_in: 60 }, asked);
    const token = clientToken({ ...options, scope: 'kafka read' });
    expect(await Promise.all([token(), token(), token()])).toEqual(['good', 'good', 'good']);
    const basic = Buffer.from('dark%20room:hunter2').toString('base64');
    expect(asked).toEqual([`Basic ${basic} grant_type=client_credentials&scope=kafka+read`]);
  });

  it('are not given to a wrong client, which is told what to check, without its secret', async () => {
    const options = await tokenServer(401, { error: 'invalid_client', error_description: 'unknown' });
    const error = await clientToken(options)().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'KAFKA_AUTHENTICATION',
      disposition: 'fail',
      message: expect.stringMatching(/status 401, invalid_client, unknown.*KAFKA_OAUTH_CLIENT_SECRET/),
    });
    expect(String(error)).not.toContain('hunter2');
  });

  it('are waited for while the server is away', async () => {
    const options = await tokenServer(503, {});
    await expect(clientToken(options)()).rejects.toMatchObject({ disposition: 'retry', retriable: true });
    await server?.close();
    server = undefined;
    await expect(clientToken(options)()).rejects.toMatchObject({ disposition: 'retry', retriable: true });
  });

  it('come from nobody whose authority is not known', async () => {
    const options = await tokenServer(200, { access_token: 'good' });
    await expect(clientToken({ ...options, ca: certificates.otherCa })()).rejects.toMatchObject({
      code: 'KAFKA_AUTHENTICATION',
      disposition: 'fail',
      message: expect.stringContaining('KAFKA_OAUTH_CA_FILE'),
    });
  });

  it('are asked for again before they expire', async () => {
    let nowMs = 0;
    let count = 0;
    const token = keptToken(
      async () => ({ value: `token ${++count}`, expiresAtMs: nowMs + 1_000 }),
      () => nowMs,
    );
    expect(await token()).toBe('token 1');
    nowMs = 799;
    expect(await token()).toBe('token 1');
    nowMs = 800;
    expect(await token()).toBe('token 2');
  });
});

describe('a token in a file', () => {
  it('is read anew each time, and waited for', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'darkroom-token-'));
    try {
      const path = join(folder, 'token');
      const token = fileToken(path);
      await expect(token()).rejects.toMatchObject({
        disposition: 'retry',
        message: expect.stringContaining('KAFKA_OAUTH_TOKEN_FILE'),
      });
      await writeFile(path, 'first\n');
      expect(await token()).toBe('first');
      await writeFile(path, 'second');
      expect(await token()).toBe('second');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('tokens for MSK', () => {
  const missing = () => Promise.reject(new Error('Cannot find package'));

  it('need a package, and say how it is installed', async () => {
    await expect(mskToken({ region: 'eu-west-1' }, missing)()).rejects.toMatchObject({
      code: 'KAFKA_AUTHENTICATION',
      disposition: 'fail',
      message: expect.stringMatching(/npm install aws-msk-iam-sasl-signer-js@\d+\.\d+\.\d+$/),
    });
  });

  it('say what to check where nobody has a key', async () => {
    const signer = {
      generateAuthToken: () => Promise.reject(new Error('Could not load credentials from any providers')),
      generateAuthTokenFromCredentialsProvider: () => Promise.reject(new Error('not asked')),
    };
    const load = async () => signer;
    await expect(mskToken({ region: 'eu-west-1' }, load)()).rejects.toMatchObject({
      message: expect.stringMatching(/eu-west-1 \(Could not load credentials.*AWS_REGION.*AWS_ACCESS_KEY_ID/),
    });
  });
});
