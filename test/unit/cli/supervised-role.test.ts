import { describe, expect, it } from 'vitest';
import type { Role } from '../../../src/cli/roles/role.ts';
import { SupervisedRole } from '../../../src/cli/roles/supervised-role.ts';
import { createLogger } from '../../../src/observability/logger.ts';

/** A role that fails when told. */
class Fragile implements Role {
  readonly name = 'fragile';
  readonly #failure = Promise.withResolvers<never>();
  readonly failed = this.#failure.promise;
  closed = false;
  #ready = false;

  constructor() {
    this.failed.catch(() => {});
  }

  async start(): Promise<void> {
    this.#ready = true;
  }
  async close(): Promise<void> {
    this.closed = true;
  }
  health = () => ({ ready: this.#ready, causes: this.#ready ? [] : ['is starting'] });
  probes = () => [];
  fail(message: string): void {
    this.#failure.reject(new Error(message));
  }
}

function supervised() {
  const made: Fragile[] = [];
  const make = () => {
    const role = new Fragile();
    made.push(role);
    return role;
  };
  return { made, role: new SupervisedRole('fragile', make, createLogger({ level: 'silent' })) };
}

describe('a role among others', () => {
  it('is begun anew when it fails, and says so meanwhile', async () => {
    const stop = new AbortController();
    const { made, role } = supervised();
    await role.start(stop.signal);
    expect(role.health()).toEqual({ ready: true, causes: [] });
    const kept = role.keep(stop.signal);
    made[0]?.fail('offsets have expired');
    await expect
      .poll(() => role.health(), { timeout: 2_000 })
      .toEqual({ ready: false, causes: ['has failed and is begun anew: offsets have expired'] });
    await expect.poll(() => made.length, { timeout: 8_000 }).toBe(2);
    await expect.poll(() => role.health()).toEqual({ ready: true, causes: [] });
    expect(made[0]?.closed).toBe(true);
    stop.abort();
    await kept;
  }, 15_000);

  it('that cannot even start ends its process', async () => {
    const { made, role } = supervised();
    made[0]?.fail('the queue does not exist');
    await expect(Promise.race([role.failed(), role.start(new AbortController().signal)])).rejects.toThrow(
      'the queue does not exist',
    );
  });
});
