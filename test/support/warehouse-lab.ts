// What tests of the warehouse share: a database of their own on the stack's PostgreSQL, migrated, and rows for its stage.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { ImageProcessed } from '../../src/serdes/image-processed.generated.ts';
import { COLUMN_NAMES, type StatsPlace, statisticsRow } from '../../src/warehouse/columns.ts';
import { Connection } from '../../src/warehouse/connection.ts';
import { migrate } from '../../src/warehouse/migrate.ts';
import { anEvent } from './image-event.ts';

/** When the rows of these tests are received, unless they say otherwise. */
export const NOW_MS = Date.UTC(2026, 10, 20, 12, 0, 0, 123);

export class WarehouseLab {
  readonly url: string;
  readonly connection: Connection;
  readonly #dispose: () => Promise<void>;

  private constructor(url: string, connection: Connection, dispose: () => Promise<void>) {
    this.url = url;
    this.connection = connection;
    this.#dispose = dispose;
  }

  /** `server`: the address of the stack's warehouse; the lab has a database beside it. */
  static async open(server: string, { migrated = true } = {}): Promise<WarehouseLab> {
    const name = `lab_${randomUUID().slice(0, 8)}`;
    await onServer(server, `CREATE DATABASE ${name}`);
    const address = new URL(server);
    address.pathname = `/${name}`;
    const connection = await Connection.open(address.href);
    const dispose = async () => {
      await connection.close();
      await onServer(server, `DROP DATABASE ${name} WITH (FORCE)`);
    };
    if (migrated) await migrate(connection, NOW_MS);
    return new WarehouseLab(address.href, connection, dispose);
  }

  /** Another session with the database of a lab, which remains that lab's to remove. */
  static async connect(url: string): Promise<WarehouseLab> {
    return new WarehouseLab(url, await Connection.open(url), async () => {});
  }

  stage(events: readonly (readonly [ImageProcessed, StatsPlace])[]): Promise<void> {
    return stageRows(this.connection, events);
  }

  async count(table: string): Promise<number> {
    const [row] = await this.connection.query<{ n: string }>(`SELECT COUNT(*) AS n FROM darkroom.${table}`);
    return Number(row?.n);
  }

  /** Runs `use` as a user of the group, who is removed afterwards. */
  async asUserOf<T>(group: string, use: (client: pg.Client, user: string) => Promise<T>): Promise<T> {
    const user = `reader_${randomUUID().slice(0, 8)}`;
    await this.connection.query(`CREATE USER ${user} PASSWORD 'secret' IN GROUP ${group}`);
    const address = new URL(this.url);
    address.username = user;
    address.password = 'secret';
    const client = new pg.Client(address.href);
    try {
      await client.connect();
      return await use(client, user);
    } finally {
      await client.end();
      await this.connection.query(`DROP USER ${user}`);
    }
  }

  close(): Promise<void> {
    return this.#dispose();
  }
}

/** Puts rows into the stage, as a COPY does. */
export async function stageRows(
  connection: Connection,
  events: readonly (readonly [ImageProcessed, StatsPlace])[],
): Promise<void> {
  for (const [event, place] of events) {
    const row = statisticsRow(event, place);
    await connection.query(
      `INSERT INTO darkroom.image_stats_stage (${COLUMN_NAMES}) VALUES (${COLUMN_NAMES.map((_, i) => `$${i + 1}`)})`,
      COLUMN_NAMES.map((name) => row[name]),
    );
  }
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** The event of image `n`, of customer acme, received at NOW_MS; each has 100 bytes and one rendition. */
export function statsEvent(n: number, change: Partial<ImageProcessed> = {}): ImageProcessed {
  return anEvent({
    eventId: String(n).padStart(32, '0'),
    bytes: 100,
    width: 640,
    height: 480,
    sha256: null,
    renditions: [
      { name: 'thumb', bucket: 'b', key: 'k', contentType: 'image/webp', width: 1, height: 1, bytes: 10 },
    ],
    receivedAt: NOW_MS,
    processedAt: NOW_MS + 1000,
    durationMs: 5,
    sourcePartition: 0,
    sourceOffset: n,
    ...change,
  });
}
