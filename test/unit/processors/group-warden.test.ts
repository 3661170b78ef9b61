import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processesOf, until } from './processes.ts';
import { folderOfTests } from './steps-lab.ts';

const folder = folderOfTests();

it.runIf(process.platform === 'linux')(
  'a program that was begun while its service was being killed ends with it',
  async () => {
    const mark = randomUUID();
    const hang = join(folder, 'hang.mjs');
    writeFileSync(hang, 'for (;;);');
    const program = join(import.meta.dirname, 'plug-ins', 'dies-as-it-spawns.ts');
    const service = spawn(process.execPath, [program, process.execPath, hang, mark], { stdio: 'ignore' });
    const [, signal] = await once(service, 'exit');
    expect(signal).toBe('SIGKILL');
    await until('the program is gone', () => processesOf(mark).length === 0);
  },
  30_000,
);
