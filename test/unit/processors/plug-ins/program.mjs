#!/usr/bin/env node
// A program as a step; its first argument says what it does, the others are for that.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [what, ...given] = process.argv.slice(2);
const say = (text) => process.stdout.write(text);
const rejectWith = (line) => {
  process.stderr.write(`looking\n${line}\n`);
  process.exitCode = 10;
};

const behaviours = {
  hang: () => {
    process.on('SIGTERM', () => {});
    for (;;);
  },
  eat: () => {
    const eaten = [];
    for (;;) eaten.push(Buffer.alloc(16 * 1024 * 1024, 1));
  },
  'eat-in-a-child': () => {
    const child = spawn(process.execPath, [process.argv[1], 'eat'], { stdio: 'ignore' });
    child.on('exit', () => process.exit(0));
  },
  exit: () => {
    process.stderr.write('no such model\nand more\n');
    process.exit(3);
  },
  crash: () => process.kill(process.pid, 'SIGSEGV'),
  'print-for-ever': () => {
    const part = Buffer.alloc(1024 * 1024, 65);
    const more = () => process.stdout.write(part, more);
    more();
  },
  'complain-for-ever': () => {
    const part = Buffer.alloc(1024 * 1024, 65);
    const more = () => process.stderr.write(part, more);
    more();
  },
  'read-nothing': () => process.exit(0),
  noise: () => say('this is not an image'),
  'reject-with-code': () => rejectWith('BLURRED: nothing is sharp'),
  'reject-plainly': () => rejectWith('not a picture of a cat'),
  'reject-with-our-code': () => rejectWith('TIMEOUT: it is late'),
  'answer-file': () => say(readFileSync(given[0])),
  echo: () => process.stdin.pipe(process.stdout),
  'write-environment': () => writeFileSync(given[0], JSON.stringify(process.env)),
  'keep-input': () => writeFileSync(given[0], readFileSync(0)),
  'leave-a-child': () => {
    const child = spawn('sleep', ['300'], { stdio: 'inherit' });
    writeFileSync(given[0], String(child.pid));
    process.exit(0);
  },
  'hang-and-tell': () => {
    writeFileSync(given[0], String(process.pid));
    for (;;);
  },
};

behaviours[what]();
