import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const inProject = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

test('the image starts Node with the flags of the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-flags-'));
  const script = join(folder, 'tell.mjs');
  writeFileSync(script, 'process.stdout.write(JSON.stringify(process.execArgv));');
  const command = spawnSync(process.execPath, [inProject('bin/launch.mjs'), script], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });

  expect(command.stderr).toBe('');
  const flags: string[] = JSON.parse(command.stdout);

  const dockerfile = readFileSync(inProject('Dockerfile'), 'utf8');
  const [, options] = /NODE_OPTIONS=(\S+)/.exec(dockerfile) ?? [];
  const [, entryPoint = ''] = /^ENTRYPOINT (.+)$/m.exec(dockerfile) ?? [];
  const ofImage = flags.filter((flag) => flag !== options);
  expect(ofImage).not.toHaveLength(0);
  expect(JSON.parse(entryPoint)).toEqual(['node', ...ofImage, '/app/dist/src/main.js']);
});
