import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFilesystemStore } from '../../../src/sinks/filesystem.ts';

const options = { contentType: 'image/jpeg' };
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'filesystem-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('writes a key as a path, whole, with nothing beside it', async () => {
  const store = createFilesystemStore({ folder });
  const stored = await store.put('processed/acme/1/2/thumb.jpg', Buffer.from('bytes'), options);
  expect(stored).toEqual({ key: 'processed/acme/1/2/thumb.jpg', bytes: 5, created: true });
  expect(readdirSync(join(folder, 'processed/acme/1/2'))).toEqual(['thumb.jpg']);
  expect(readFileSync(join(folder, 'processed/acme/1/2/thumb.jpg'), 'utf8')).toBe('bytes');
});

it('reports a repeat as one, also when both come at once', async () => {
  const store = createFilesystemStore({ folder });
  const twice = [1, 2].map(() => store.put('a/b', Buffer.from('same'), options));
  const created = (await Promise.all(twice)).map((stored) => stored.created);
  expect(created.sort()).toEqual([false, true]);
  expect(readdirSync(join(folder, 'a'))).toEqual(['b']);
});

it('never writes over another content', async () => {
  const store = createFilesystemStore({ folder });
  await store.put('a', Buffer.from('first'), options);
  await expect(store.put('a', Buffer.from('other'), options)).rejects.toMatchObject({
    code: 'FILE_CONFLICT',
  });
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('first');
});

it.each(['../escape', 'a/../../escape', '/etc/passwd', 'a//b', './a', 'a\\..\\b', 'a\0', ''])(
  'refuses the key %j, which is no path below the folder',
  async (key) => {
    const store = createFilesystemStore({ folder });
    await expect(store.put(key, Buffer.from('x'), options)).rejects.toMatchObject({ code: 'KEY_INVALID' });
    expect(readdirSync(folder)).toEqual([]);
  },
);
