// Owns the processes of one stack. It is a child in a session of its own, tied to its parent by a pipe: when the pipe
// closes, for whatever reason (even SIGKILL of the parent), it ends every process group it started, removes the
// temporary folder and ends. Plain JavaScript, so that it starts in the least time.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';

const STOP_TIMEOUT_MS = 10_000;
const LATE_MS = 1_500;
/** @type {Map<string, { pid: number, stopSignal: NodeJS.Signals }>} */
const children = new Map();
let temporaryFolder;
let lastCommand;
let ending = false;

const tell = (message) => process.connected && process.send(message, () => {});

function start({ id, command, args, env, cwd, log, stopSignal = 'SIGTERM' }) {
  const output = openSync(log, 'a', 0o600);
  // detached: a process group of its own, which can be ended whole
  const child = spawn(command, args, { env, cwd, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  child.on('error', (error) => tell({ type: 'failed', id, message: error.message }));
  if (child.pid === undefined) return;
  const guarded = { pid: child.pid, stopSignal };
  children.set(id, guarded);
  tell({ type: 'spawned', id, pid: child.pid });
  child.on('exit', (code, signal) => {
    children.delete(id);
    signalChild(guarded, 'SIGKILL'); // what it may have left behind in its group
    tell({ type: 'exited', id, code, signal });
    if (ending && children.size === 0) finish();
  });
}

/** Asks the process itself to end, so that it can end its own children in order; kills the whole group. */
function signalChild(child, signal) {
  try {
    if (signal === 'SIGKILL') process.kill(-child.pid, signal);
    else process.kill(child.pid, child.stopSignal);
  } catch {
    // it has just ended
  }
}

function end(signal) {
  if (ending) return;
  ending = true;
  if (children.size === 0) finish();
  for (const child of children.values()) signalChild(child, signal);
  setTimeout(() => {
    for (const child of children.values()) signalChild(child, 'SIGKILL');
  }, STOP_TIMEOUT_MS);
}

function runLast() {
  if (!lastCommand) return;
  const { command, args, env } = lastCommand;
  const run = () => spawnSync(command, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  run();
  if (process.connected) return;
  // our parent may have asked another program for something right before its end, which comes about only now
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LATE_MS);
  run();
}

function finish() {
  runLast();
  if (temporaryFolder) rmSync(temporaryFolder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

process.on('message', (message) => {
  if (message.type === 'folder') temporaryFolder = message.folder;
  else if (message.type === 'last') lastCommand = message;
  else if (message.type === 'start') start(message);
  else if (message.type === 'signal' && children.has(message.id))
    signalChild(children.get(message.id), message.signal);
  else if (message.type === 'end') end('SIGTERM');
});
// data that is thrown away needs no orderly end
process.on('disconnect', () => end(temporaryFolder ? 'SIGKILL' : 'SIGTERM'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end('SIGTERM'));
if (!process.connected) process.exit(2);
