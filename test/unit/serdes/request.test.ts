import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestText } from '../../../src/serdes/request.ts';

const server = createServer(({ url, socket }, response) => {
  if (url === '/switches')
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n');
  else if (url === '/') response.end('text');
});
let origin = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const get = (path: string) => requestText(origin + path, { method: 'GET', headers: {}, timeoutMs: 2_000 });

it('gives the answer as text', async () => {
  expect(await get('/')).toEqual({ status: 200, text: 'text' });
});

it('ends when the other side switches protocols, or says nothing', async () => {
  expect(await get('/switches')).toEqual({ status: 101, text: '' });
  await expect(get('/silent')).rejects.toThrow('no answer within 2000 ms');
});
