import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpStep } from '../../../src/processors/steps/step.ts';
import { createRemoteSteps } from '../../../src/remote-steps/remote-steps.ts';
import { requestOf } from './steps-lab.ts';

/** A port that browsers, and `fetch` with them, ask nothing of: that of Amanda. */
const BLOCKED_PORT = 10_080;
const ports: number[] = [];

const server = createServer((request, response: ServerResponse) => {
  ports.push(request.socket.remotePort ?? 0);
  request.resume().on('end', () => response.writeHead(204).end());
});
/** Whose answer switches protocols, and then nothing comes. */
const switching = createTcpServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  );
});

const listen = (one: Server | typeof switching, port = 0) =>
  new Promise<string>((resolve, reject) => {
    one.once('error', reject);
    one.listen(port, '127.0.0.1', () => resolve(`http://127.0.0.1:${(one.address() as AddressInfo).port}/`));
  });

const steps = createRemoteSteps({ env: {} });
const LIMITS = { timeoutMs: 1_000, memoryBytes: 0, maxOutputBytes: 1_000_000 };
const ask = (step: Omit<HttpStep, 'step'>) =>
  steps.call({ step: 'http', ...step }, requestOf('detect'), LIMITS, AbortSignal.timeout(3_000));

describe('the connection to an endpoint', () => {
  let url: string;
  beforeAll(async () => {
    url = await listen(server);
  });
  afterAll(() => {
    steps.close();
    switching.close();
    server.closeAllConnections();
    server.close();
  });

  it('is kept for the next image', async () => {
    await ask({ url });
    await ask({ url });
    expect(ports).toHaveLength(2);
    expect(new Set(ports).size).toBe(1);
  });

  it('may be to a port that fetch blocks', async () => {
    const blocked = createServer((request, response) =>
      request.resume().on('end', () => response.writeHead(204).end()),
    );
    const address = await listen(blocked, BLOCKED_PORT);
    try {
      expect(await ask({ url: address })).toMatchObject({ outputBytes: 0 });
    } finally {
      blocked.closeAllConnections();
      blocked.close();
    }
  });

  it('that switches protocols is an answer that is refused, once', async () => {
    await expect(ask({ url: await listen(switching) })).rejects.toMatchObject({
      code: 'PLUGIN_FAILED',
      message: 'the plug-in detect failed: it answered 101',
    });
  });

  it('is not made for a header that cannot be sent, and that is what is said', async () => {
    await expect(ask({ url, headers: { 'x-model': 'größer €' } })).rejects.toMatchObject({
      code: 'PLUGIN_FAILED',
      message: 'the plug-in detect failed: its address or a header cannot be sent (ERR_INVALID_CHAR)',
    });
  });
});
