import { describe, expect, it } from 'vitest';
import { darkroom } from '../cli/command-line.ts';

const NOBODY = 'postgres://nobody:secret@127.0.0.1:1/none';

describe('darkroom warehouse', () => {
  it.concurrent.each([
    ['no command', []],
    ['an unknown command', ['sideways']],
    ['an unknown option', ['load', '--fast']],
    ['an interval that is none', ['load', '--every', 'minute']],
    ['an interval that is too short', ['load', '--every', '10ms']],
    ['missing variables', ['migrate']],
  ])('ends with 2 and a message for %s', async (_what, args) => {
    const { code, out, err } = await darkroom(['warehouse', ...args]);
    expect([code, out]).toEqual([2, '']);
    expect(err).not.toBe('');
    expect(err).not.toMatch(/\n\s+at .+:\d+:\d+/);
  });

  it.concurrent.each([[[]], [['migrate']], [['load']], [['check']]])(
    'explains itself with examples: %s --help',
    async (args) => {
      const { code, out } = await darkroom(['warehouse', ...args, '--help']);
      expect(code).toBe(0);
      expect(out).toContain('$ darkroom warehouse');
    },
  );

  it.concurrent('names every variable that check lacks', async () => {
    const { err } = await darkroom(['warehouse', 'check']);
    for (const name of ['WAREHOUSE_URL', 'KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL']) expect(err).toContain(name);
  });

  it.concurrent.each([['migrate'], ['load']])(
    'says that no warehouse answers, and no password: %s',
    async (name) => {
      const { code, err } = await darkroom(['warehouse', name], { env: { WAREHOUSE_URL: NOBODY } });
      expect(code).toBe(1);
      expect(err).toContain('the warehouse is not to be reached');
      expect(err).toContain('127.0.0.1:1');
      expect(err).not.toContain('secret');
    },
  );
}, 60_000);
