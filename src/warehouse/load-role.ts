import { setTimeout as delay } from 'node:timers/promises';
import type { Probe } from '../observability/metrics.ts';
import type { Logger } from '../topology/index.ts';
import { Connection, type WarehousePlace } from './connection.ts';
import { warehouseError } from './errors.ts';
import { load } from './load.ts';
import { requireMigrated } from './migrate.ts';
import { keepMonths } from './months.ts';

export interface LoadRoleOptions {
  readonly warehouse: WarehousePlace | string;
  /** From the beginning of one load to that of the next, ms. */
  readonly intervalMs: number;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'debug'>;
  /** ms since the epoch */
  readonly nowMs?: () => number;
}

/** After a failure the next attempt does not wait for a whole interval. */
const FIRST_RETRY_MS = 500;
const MONTHS_EVERY_MS = 60 * 60 * 1000;

/**
 * Loads what the stage holds, again and again, and keeps the tables of the months. Any number may run: they take turns under a
 * lock, and one that finds the stage empty does no harm. What goes wrong is tried again for as long as it takes and is the
 * cause of not being ready; at the start alone, a refused password or database is an error.
 */
export class LoadRole {
  readonly name = 'load';
  /** Never settles: whatever happens after the start is waited out. */
  readonly failed: Promise<never> = new Promise(() => {});
  readonly #options: LoadRoleOptions;
  readonly #nowMs: () => number;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #connection: Connection | undefined;
  #trouble: { readonly reason: string; readonly sinceMs: number } | undefined;
  #loadedAtMs: number | undefined;
  #loadedThroughMs: number | null = null;
  #monthsKeptAtMs = Number.NEGATIVE_INFINITY;
  #loads = 0;
  #failures = 0;
  #rows = 0;
  #repeats = 0;

  constructor(options: LoadRoleOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** Resolves after the first load. Rejects with WAREHOUSE_REFUSED, or with the reason of `signal` when that fires. */
  async start(signal: AbortSignal): Promise<void> {
    const first = Promise.withResolvers<void>();
    const give = () => first.reject(signal.reason);
    signal.addEventListener('abort', give, { once: true });
    if (signal.aborted) give();
    else this.#running = this.#run(first);
    await first.promise.finally(() => signal.removeEventListener('abort', give));
  }

  /** Lets a load that runs finish; one that takes longer is undone by the warehouse. */
  async close(timeoutMs: number): Promise<void> {
    this.#stop.abort();
    await Promise.race([this.#running, delay(timeoutMs, undefined, { ref: false })]);
    await this.#connection?.close();
    await this.#running;
  }

  health(): { readonly ready: boolean; readonly causes: readonly string[] } {
    if (this.#trouble) {
      const { reason, sinceMs } = this.#trouble;
      return { ready: false, causes: [`no load since ${new Date(sinceMs).toISOString()}: ${reason}`] };
    }
    return this.#loadedAtMs === undefined
      ? { ready: false, causes: ['the first load has not ended'] }
      : { ready: true, causes: [] };
  }

  probes(): readonly Probe[] {
    const probe = (
      kind: Probe['kind'],
      name: string,
      help: string,
      read: () => number | undefined,
    ): Probe => ({
      name: `darkroom_warehouse_${name}`,
      help,
      kind,
      read: () => {
        const value = read();
        return value === undefined ? [] : [{ value }];
      },
    });
    const seconds = (ms: number | null | undefined) =>
      ms === null || ms === undefined ? undefined : ms / 1000;
    return [
      probe('counter', 'loads_total', 'Loads that were committed', () => this.#loads),
      probe('counter', 'load_failures_total', 'Loads that failed and were tried again', () => this.#failures),
      probe('counter', 'rows_loaded_total', 'Rows that were new', () => this.#rows),
      probe('counter', 'repeats_total', 'Staged rows that were there already', () => this.#repeats),
      probe('gauge', 'loaded_at_seconds', 'When a load was last committed, since the epoch', () =>
        seconds(this.#loadedAtMs),
      ),
      probe('gauge', 'loaded_through_seconds', 'When the newest loaded event was processed', () =>
        seconds(this.#loadedThroughMs),
      ),
    ];
  }

  async #run(first: PromiseWithResolvers<void>): Promise<void> {
    const { intervalMs } = this.#options;
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; ) {
      const startedAtMs = performance.now();
      let waitMs: number;
      try {
        await this.#loadOnce();
        first.resolve();
        failures = 0;
        waitMs = intervalMs - (performance.now() - startedAtMs);
      } catch (error) {
        const { message, disposition } = this.#note(error);
        if (disposition === 'fail' && this.#loadedAtMs === undefined) {
          first.reject(error);
          return;
        }
        if (failures === 0)
          this.#options.logger.warn({ reason: message }, 'the load failed, and is tried again');
        const ceilingMs = Math.min(intervalMs, FIRST_RETRY_MS * 2 ** Math.min(failures++, 20));
        waitMs = ceilingMs * (0.5 + Math.random() / 2);
      }
      await delay(Math.max(0, waitMs), undefined, { signal }).catch(() => {});
    }
  }

  async #loadOnce(): Promise<void> {
    const connection = await Connection.open(this.#options.warehouse);
    this.#connection = connection;
    try {
      await requireMigrated(connection);
      await this.#keepMonths(connection);
      const result = await load(connection, this.#nowMs());
      this.#loads++;
      this.#rows += result.loaded;
      this.#repeats += result.repeats;
      this.#loadedThroughMs = result.loadedThroughMs;
      this.#loadedAtMs = this.#nowMs();
      if (this.#trouble) this.#options.logger.info({}, 'the load goes on');
      this.#trouble = undefined;
      const { staged, loaded, repeats } = result;
      if (staged > 0) this.#options.logger.info({ staged, loaded, repeats }, 'loaded');
      else this.#options.logger.debug({}, 'nothing to load');
    } finally {
      this.#connection = undefined;
      await connection.close();
    }
  }

  /** A month's table that cannot be made or dropped keeps no row from being loaded. */
  async #keepMonths(connection: Connection): Promise<void> {
    const nowMs = this.#nowMs();
    if (nowMs - this.#monthsKeptAtMs < MONTHS_EVERY_MS) return;
    this.#monthsKeptAtMs = nowMs;
    try {
      const { created, dropped } = await keepMonths(connection, nowMs);
      if (created.length + dropped.length > 0)
        this.#options.logger.info({ created, dropped }, 'the tables of the months have changed');
    } catch (error) {
      const { message } = warehouseError(error);
      this.#options.logger.warn({ reason: message }, 'the tables of the months could not be kept');
    }
  }

  #note(error: unknown) {
    const problem = warehouseError(error);
    this.#failures++;
    this.#trouble = { reason: problem.message, sinceMs: this.#trouble?.sinceMs ?? this.#nowMs() };
    return problem;
  }
}
