import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })];

/** The anchors of a page as GitHub makes them of its headings, those in fences left out. */
const anchors = (path: string): string[] =>
  [
    ...read(path)
      .replace(/^```[\s\S]*?^```/gm, '')
      .matchAll(/^#+ (.+)$/gm),
  ].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe.each(pages)('%s', (page) => {
  it('names only files that exist', () => {
    const named = [
      ...read(page)
        .replace(/https?:\/\/\S+/g, '')
        .matchAll(/(?:test|src|dev|bench|docs|bin)\/[\w/.-]+\.(?:test\.)?(?:ts|md|mjs)/g),
    ];
    expect(named.map(([path]) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('links only to what exists', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });

  it('links only to headings that exist', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
    const dead = links.filter(([, link = '', anchor = '']) => {
      const target = link === '' ? page : join(dirname(page), link);
      return existsSync(join(root, target)) && target.endsWith('.md') && !anchors(target).includes(anchor);
    });
    expect(dead.map(([link]) => link)).toEqual([]);
  });

  it('defines the references that it uses, and uses those that it defines', () => {
    const text = read(page).replace(/^```[\s\S]*?^```/gm, '');
    const used = new Set([...text.matchAll(/\]\[([a-z-]+)\]/g)].map(([, name = '']) => name));
    const defined = new Set([...text.matchAll(/^\[([a-z-]+)\]: https:/gm)].map(([, name = '']) => name));
    expect(used).toEqual(defined);
  });
});

it('docs/guarantees.md names tests by the titles that they have', () => {
  const rows = [...read('docs/guarantees.md').matchAll(/^\|.+\| (test\/\S+) +\| *(.*?) *\|$/gm)];
  expect(rows.length).toBeGreaterThan(20);
  const wrong = rows.filter(([, path = '', title = '']) => !read(path).includes(title));
  expect(wrong.map(([, path, title]) => `${path}: ${title}`)).toEqual([]);
});

describe('docs/image-servers.md', () => {
  const rows = read('docs/image-servers.md')
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| (?:-|what )/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));

  it('has in every line all four servers and Darkroom', () => {
    expect(rows.length).toBeGreaterThan(80);
    expect(rows.filter((row) => row.length !== 9 || row.slice(1, 7).includes(''))).toEqual([]);
  });

  it('names where each yes of Darkroom is held, and why each no', () => {
    const unheld = rows.filter(([, , , , , , darkroom = '', where = '']) =>
      /^(?:yes|partly)\b/.test(darkroom) ? !where.includes('](') : !/^no: ./.test(darkroom),
    );
    expect(unheld.map(([, what, ...cells]) => `${what}: ${cells[4]}`)).toEqual(['where it runs: yours']);
  });

  it('names a source, or says that it has none, for whatever it claims of others', () => {
    const claims = rows.flatMap(([, what = '', ...cells]) =>
      cells.slice(0, 4).map((cell) => ({ what, cell })),
    );
    const bare = claims.filter(({ cell }) => !/\]\[[a-z-]+\]|^–$|^not (?:verified|published)$/.test(cell));
    expect(bare.filter(({ cell }) => cell !== 'yours' && cell !== 'theirs')).toEqual([]);
  });
});
