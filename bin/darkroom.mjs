#!/usr/bin/env node
// The command `darkroom`: from the sources in a checkout, from dist/ in an installed package.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launch } from './launch.mjs';

const sources = fileURLToPath(new URL('../src/main.ts', import.meta.url));
launch(
  existsSync(sources) ? sources : fileURLToPath(new URL('../dist/src/main.js', import.meta.url)),
  process.argv.slice(2),
);
