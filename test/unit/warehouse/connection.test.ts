import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Connection } from '../../../src/warehouse/connection.ts';

const SIMPLE_QUERY = 'Q'.charCodeAt(0);
const TEXT_TYPE = 25;

/** A message of PostgreSQL's protocol: its letter, its length, what it says. */
function message(letter: string, ...parts: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(5);
  head.write(letter);
  head.writeInt32BE(4 + parts.reduce((sum, { length }) => sum + length, 0), 1);
  return Buffer.concat([head, ...parts]);
}

const short = (value: number) => Buffer.from([value >> 8, value & 0xff]);
const long = (value: number) => Buffer.concat([short(value >>> 16), short(value & 0xffff)]);
const READY = message('Z', Buffer.from('I'));
const DONE = Buffer.concat([message('C', Buffer.from('OK\0')), READY]);
const VERSION = Buffer.from('PostgreSQL 17');
const column = Buffer.concat([
  Buffer.from('version\0'),
  long(0),
  short(0),
  long(TEXT_TYPE),
  short(0xffff),
  long(-1),
  short(0),
]);
const row = Buffer.concat([long(VERSION.length), VERSION]);

/** Speaks as a warehouse does until it is asked to be silent: as a host that is gone, which closes no connection. */
class SilentWarehouse {
  silent = false;
  readonly asked: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('data', () => {
        socket.write(Buffer.concat([message('R', long(0)), READY]));
        socket.on('data', (bytes) => this.#answer(socket, bytes));
      });
    });
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    return `postgres://user:password@127.0.0.1:${port}/images`;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #answer(socket: Socket, bytes: Buffer): void {
    if (bytes[0] !== SIMPLE_QUERY) return;
    const sql = bytes.toString('latin1', 5, bytes.length - 1);
    this.asked.push(sql);
    if (this.silent) return;
    const rows = [message('T', short(1), column), message('D', short(1), row)];
    socket.write(Buffer.concat([...(sql.includes('version()') ? rows : []), DONE]));
  }
}

let warehouse: SilentWarehouse;
beforeEach(() => {
  warehouse = new SilentWarehouse();
});
afterEach(() => {
  vi.useRealTimers();
  warehouse.stop();
});

test('a warehouse that has gone without a word is given up after the time that it had for a statement, not after hours', async () => {
  const connection = await Connection.open(await warehouse.start());
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const ended = connection
    .transaction(async () => {
      warehouse.silent = true;
      await connection.query('LOCK TABLE darkroom.image_stats_stage');
    })
    .catch((error: unknown) => error);
  await vi.waitUntil(() => warehouse.asked.at(-1)?.startsWith('LOCK'));
  await vi.advanceTimersByTimeAsync(300_000);
  expect(warehouse.asked).toHaveLength(4);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await ended).toMatchObject({ code: 'WAREHOUSE_UNREACHABLE', disposition: 'retry' });
  await connection.close();
  expect(warehouse.asked.slice(2)).toEqual(['BEGIN', 'LOCK TABLE darkroom.image_stats_stage']);
});
