import { expect, test } from 'vitest';
import { shownUrl, urlProblem } from '../../../src/sources/url-rules.ts';

const rules = {
  hosts: ['images.example', '.cdn.example', '*.wild.example:8443', '[2606:4700::1]', 'plain.example:80'],
  schemes: ['https'],
} as const;

const judge = (url: string, schemes: readonly ('https' | 'http')[] = rules.schemes) =>
  urlProblem(new URL(url), { ...rules, schemes });

test.each([
  'https://images.example/a.jpg?X-Amz-Signature=1',
  'https://images.example:443/a.jpg',
  'https://IMAGES.example./a.jpg',
  'https://a.cdn.example/',
  'https://a.b.cdn.example/',
  'https://a.wild.example:8443/',
  'https://[2606:4700:0:0::1]/',
])('%s may be asked', (url) => {
  expect(judge(url)).toBeUndefined();
});

test.each([
  ['another host', 'https://other.example/'],
  ['a host that only ends like one', 'https://evil-images.example/'],
  ['a host that only begins like one', 'https://images.example.evil.example/'],
  ['a host in the path', 'https://other.example/images.example'],
  ['what is behind a user', 'https://images.example@other.example/'],
  ['the top of a wildcard', 'https://cdn.example/'],
  ['an empty label below a wildcard', 'https://.cdn.example/'],
  ['another port', 'https://images.example:8443/'],
  ['the usual port where another is named', 'https://a.wild.example/'],
  ['http', 'http://images.example/'],
  ['a file', 'file:///etc/passwd'],
  ['ftp', 'ftp://images.example/'],
  ['data', 'data:image/png;base64,AAAA'],
  ['a user name', 'https://user@images.example/'],
  ['a password', 'https://:secret@images.example/'],
  ['an address', 'https://127.0.0.1/'],
  ['an address as one number', 'https://2130706433/'],
  ['an address in octal', 'https://0177.0.0.1/'],
  ['an address in hexadecimal', 'https://0x7f.1/'],
  ['an address in full-width digits', 'https://１２７.0.0.1/'],
])('%s may not', (_name, url) => {
  expect(judge(url)).toMatchObject({ code: 'URL_NOT_ALLOWED' });
});

test('http is allowed by the setting alone, to its own port', () => {
  expect(judge('http://images.example/', ['https', 'http'])).toBeUndefined();
  expect(judge('http://plain.example/', ['https', 'http'])).toBeUndefined();
  expect(judge('http://images.example:443/', ['https', 'http'])).toMatchObject({ code: 'URL_NOT_ALLOWED' });
  expect(judge('https://plain.example/', ['https', 'http'])).toMatchObject({ code: 'URL_NOT_ALLOWED' });
});

test('an address in another notation is the address that it means', () => {
  const hosts = ['127.0.0.1'];
  for (const host of ['2130706433', '0177.1', '0x7f000001', '127.1'])
    expect(urlProblem(new URL(`https://${host}/`), { ...rules, hosts })).toBeUndefined();
});

test('neither query nor fragment nor user are shown', () => {
  const shown = shownUrl(new URL('https://user:word@images.example:8443/a.jpg?sig=secret#part'));
  expect(shown).toBe('https://images.example:8443/a.jpg');
  expect(shownUrl(new URL(`https://images.example/${'a'.repeat(500)}?sig`)).length).toBeLessThan(210);
});
