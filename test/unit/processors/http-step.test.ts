import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Darkroom } from '../../../src/processors/types.ts';
import { createRemoteSteps } from '../../../src/remote-steps/remote-steps.ts';
import { colourOf, darkroomOf, plain, processed, requestOf } from './steps-lab.ts';

const SECRET = 'Bearer c2VjcmV0LXRva2Vu';

/** What the endpoint is asked, by path. */
const asked = new Map<string, { headers: IncomingMessage['headers']; body: Buffer }[]>();

const answers: Record<string, (response: ServerResponse, tries: number, body: Buffer) => unknown> = {
  '/echo': (response, _tries, body) => response.end(body),
  '/nothing': (response) => response.writeHead(204).end(),
  '/reject': (response) =>
    response.writeHead(422).end(JSON.stringify({ code: 'NUDITY', reason: `not with ${SECRET}` })),
  '/reject-without': (response) => response.writeHead(422).end('no'),
  '/third-time': (response, tries, body) =>
    tries < 3 ? response.writeHead(tries === 1 ? 503 : 429).end() : response.end(body),
  '/cut-once': (response, tries, body) => {
    if (tries > 1) return response.end(body);
    response.writeHead(200, { 'content-length': body.length });
    return response.write(body.subarray(0, 20), () => response.destroy());
  },
  '/down': (response) => response.writeHead(503).end(),
  '/silent': () => {},
  '/forbidden': (response) => response.writeHead(403).end(`no access with ${SECRET}\nat all`),
  '/redirect': (response) => response.writeHead(302, { location: '/echo' }).end(),
  '/endless': (response) => {
    const more = (): unknown => response.write(Buffer.alloc(65_536), (error) => error ?? more());
    more();
  },
  '/page': (response) => response.end('<html>welcome</html>'),
};

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const path = request.url ?? '';
    const before = asked.get(path) ?? [];
    const body = Buffer.concat(parts);
    asked.set(path, [...before, { headers: request.headers, body }]);
    answers[path]?.(response, before.length + 1, body);
  });
});

const env = { DETECTOR_TOKEN: SECRET };
let room: Darkroom;
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  const step = (path: string) => ({
    step: 'http' as const,
    url: `${url}${path}`,
    headers: { 'x-model': 'small' },
    secretHeaders: { authorization: 'DETECTOR_TOKEN' },
    limits: { timeoutMs: 2_000, maxOutputBytes: 1_000_000 },
  });
  room = darkroomOf(
    {
      ...Object.fromEntries(
        Object.keys(answers).map((path) => [path.slice(1), [{ ...step(path), name: path.slice(1) }]]),
      ),
      'third-time': [{ ...step('/third-time'), limits: { timeoutMs: 20_000 } }],
      'cut-once': [{ ...step('/cut-once'), limits: { timeoutMs: 20_000 } }],
      closed: [{ ...step(''), name: 'closed', url: 'http://127.0.0.1:1/' }],
    },
    { remoteSteps: createRemoteSteps({ env }) },
  );
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('an endpoint as a step', () => {
  it('gets the picture and the facts, and gives another picture', async () => {
    const result = processed(await room.develop(await plain('#00ff00'), { pipeline: 'echo' }));
    const [, g = 0] = await colourOf(result.renditions[0]?.body);
    expect(g).toBeGreaterThan(230);
    expect(result.steps).toMatchObject([{ name: 'echo', step: 'http', outcome: 'changed' }]);
    expect(asked.get('/echo')?.[0]?.headers).toMatchObject({
      'content-type': 'image/png',
      'x-darkroom-format': 'png',
      'x-darkroom-width': '64',
      'x-darkroom-has-alpha': 'false',
      'x-darkroom-pipeline': 'echo@1',
      'x-darkroom-step': 'echo',
      'x-model': 'small',
      authorization: SECRET,
    });
  });

  it('is told what Darkroom knows, whatever headers of the step say, in whatever case', async () => {
    const both = { 'content-type': 'text/x', 'Content-Type': 'text/y' };
    const headers = { ...both, 'X-Darkroom-Width': '9', Authorization: 'nobody' };
    const secretHeaders = { authorization: 'DETECTOR_TOKEN' };
    await createRemoteSteps({ env }).call(
      { step: 'http', url: `${url}/nothing`, headers, secretHeaders },
      requestOf('detect'),
      { timeoutMs: 2_000, memoryBytes: 0, maxOutputBytes: 1_000 },
      AbortSignal.timeout(2_000),
    );
    expect(asked.get('/nothing')?.at(-1)?.headers).toMatchObject({
      'content-type': 'image/png',
      'x-darkroom-width': '64',
      authorization: SECRET,
    });
  });

  it('leaves the picture as it is with 204', async () => {
    const result = processed(await room.develop(await plain('#00ff00'), { pipeline: 'nothing' }));
    expect(result.steps).toMatchObject([{ outcome: 'unchanged', outputBytes: 0 }]);
  });

  it.each([
    ['third-time', 3],
    ['cut-once', 2],
  ])('%s: is asked again, %i times in all', async (pipeline, times) => {
    processed(await room.develop(await plain('#00ff00'), { pipeline }));
    expect(asked.get(`/${pipeline}`)).toHaveLength(times);
  });

  it.each([
    ['reject', 'rejected', 'PLUGIN_NUDITY', /^not with \*\*\*$/],
    ['reject-without', 'failed', 'PLUGIN_FAILED', /422 without a JSON document/],
    ['down', 'failed', 'PLUGIN_UNAVAILABLE', /it answered 503, \d+ times within 2000 ms/],
    ['closed', 'failed', 'PLUGIN_UNAVAILABLE', /it cannot be reached \(.+\), \d+ times within 2000 ms/],
    ['silent', 'failed', 'PLUGIN_TIMEOUT', /it took more than 2000 ms/],
    ['forbidden', 'failed', 'PLUGIN_FAILED', /it answered 403: no access with \*\*\*$/],
    ['redirect', 'failed', 'PLUGIN_FAILED', /it answered 302/],
    ['endless', 'failed', 'PLUGIN_OUTPUT_TOO_LARGE', /more than 1000000 bytes/],
    ['page', 'failed', 'PLUGIN_FAILED', /neither an image nor JSON/],
  ])('%s: %s, %s', async (pipeline, outcome, code, reason) => {
    const result = await room.develop(await plain('#00ff00'), { pipeline });
    expect(result).toMatchObject({ outcome, code, reason: expect.stringMatching(reason) });
    expect(JSON.stringify(result)).not.toContain(SECRET);
  });

  it('holds no worker while it is waited for: other images go on', async () => {
    const image = await plain('#00ff00');
    let answered = 0;
    const slow = Array.from({ length: 5 }, async () => {
      await room.develop(image, { pipeline: 'silent' });
      answered++;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    processed(await room.develop(image, { pipeline: 'echo' }));
    expect(answered).toBe(0);
    await Promise.all(slow);
  });

  it('is called off with its image', async () => {
    const off = new AbortController();
    const running = room.develop(await plain('#00ff00'), { pipeline: 'silent', signal: off.signal });
    setTimeout(() => off.abort(new Error('called off')), 300);
    await expect(running).rejects.toThrow('called off');
  });

  it.each([
    ['is not set', {}],
    ['holds characters that no header may', { DETECTOR_TOKEN: 'one\ntwo' }],
  ])('whose secret %s keeps the service from starting, and is not told', (why, env) => {
    const secretHeaders = { authorization: 'DETECTOR_TOKEN' };
    const start = () =>
      darkroomOf(
        { one: [{ step: 'http', url: `${url}/echo?key=hidden`, secretHeaders }] },
        { remoteSteps: createRemoteSteps({ env }) },
      );
    expect(start).toThrow(expect.objectContaining({ code: 'PLUGIN_SECRET_MISSING' }));
    expect(start).toThrow(why);
    expect(start).not.toThrow(/two|hidden/);
  });
});
