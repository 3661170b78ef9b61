import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })];

describe.each(pages)('%s', (page) => {
  it('names only files that exist', () => {
    const named = [
      ...read(page).matchAll(/(?:test|src|dev|bench|docs|bin)\/[\w/.-]+\.(?:test\.)?(?:ts|md|mjs)/g),
    ];
    expect(named.map(([path]) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('links only to what exists', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });
});

it('docs/guarantees.md names tests by the titles that they have', () => {
  const rows = [...read('docs/guarantees.md').matchAll(/^\|.+\| (test\/\S+) +\| *(.*?) *\|$/gm)];
  expect(rows.length).toBeGreaterThan(20);
  const wrong = rows.filter(([, path = '', title = '']) => !read(path).includes(title));
  expect(wrong.map(([, path, title]) => `${path}: ${title}`)).toEqual([]);
});
