import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRemoteSteps } from '../../../src/remote-steps/remote-steps.ts';
import { requestOf } from './steps-lab.ts';

const TOKEN = 'c2VjcmV0"dG9rZW4';
const SECRET = `Bearer ${TOKEN}`;
const json = JSON.stringify;

/** Answers that repeat what the endpoint was sent: status, body. */
const answers: Record<string, [status: number, body: string]> = {
  'a reason': [200, json({ reject: { reason: `bad ${SECRET}` } })],
  'a code': [200, json({ reject: { code: SECRET, reason: 'bad' } })],
  'a list as reason': [200, json({ reject: { reason: ['bad', SECRET] } })],
  'a reason where it is cut': [200, json({ reject: { reason: `${'a'.repeat(190)}${SECRET}` } })],
  'an unknown field': [200, json({ [SECRET]: 1 })],
  'the name of a rendition': [200, json({ renditions: { [SECRET]: '-' } })],
  'a reason of 422': [422, json({ code: 'ODD', reason: `bad ${SECRET}` })],
  'the token alone': [422, json({ reason: `bad ${TOKEN}` })],
  'a text where it is cut': [401, `${'a'.repeat(990)}${SECRET}`],
  'JSON that is told as text': [401, json({ error: SECRET })],
};

const server = createServer((request, response) => {
  const [status, body] = answers[decodeURIComponent(request.url?.slice(1) ?? '')] ?? [500, ''];
  request.resume().on('end', () => response.writeHead(status).end(body));
});
const steps = createRemoteSteps({ env: { TOKEN_OF_TEST: SECRET } });
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  steps.close();
  server.closeAllConnections();
  server.close();
});

const LIMITS = { timeoutMs: 5_000, memoryBytes: 0, maxOutputBytes: 1_000_000 };

function ask(path: string): ReturnType<typeof steps.call> {
  const secretHeaders = { authorization: 'TOKEN_OF_TEST' };
  const step = { step: 'http' as const, url: `${url}/${encodeURIComponent(path)}`, secretHeaders };
  return steps.call(step, requestOf('detect'), LIMITS, AbortSignal.timeout(5_000));
}

describe('a secret that an endpoint repeats is not told', () => {
  it.each(Object.keys(answers))('in %s', async (path) => {
    const error: unknown = await ask(path).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'Refusal', message: expect.stringContaining('***') });
    expect(`${error}`).not.toContain('c2Vj');
  });

  it('and where it names a rendition that is whole, the name is none', async () => {
    answers.named = [200, json({ renditions: { [TOKEN]: 'AAAA' } })];
    const { answer } = await ask('named');
    expect(answer.renditions.map(({ name }) => name)).toEqual(['***']);
  });
});
