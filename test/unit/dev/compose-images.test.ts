import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { IMAGES } from '../../../dev/stack/containers/images.ts';

test('docker-compose.yml and the stack of containers name the same images', async () => {
  const compose = await readFile(new URL('../../../docker-compose.yml', import.meta.url), 'utf8');
  const named = [...compose.matchAll(/^ {4}image: ([^$\s]+)$/gm)].map(([, image]) => image);
  expect(named.sort()).toEqual(Object.values(IMAGES).sort());
});
