import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';

/** The variable by which a program is known to be of this service, whoever has heard of it. */
const MARK_NAME = 'DARKROOM_SERVICE';
const MARK = randomUUID();

/**
 * A process of ours that outlives this one by a moment: told of every program that runs, it kills those that are left when this
 * process is gone, however it went. A program that hangs would else hang on for good. One that was begun in the very moment in
 * which this process was killed bears the mark, and is found where environments can be read (Linux); more than one look, as it
 * bears it only once it is itself.
 */
const WARDEN = `
const { readdirSync, readFileSync } = require('node:fs');
const [, mark] = process.argv;
const groups = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.on('message', ({ begun, ended }) => { begun ? groups.add(begun) : groups.delete(ended); });
process.on('disconnect', () => {
  for (const group of groups) try { process.kill(-group, 'SIGKILL'); } catch {}
  if (process.platform !== 'linux') process.exit();
  for (const afterMs of [0, 200, 1000]) setTimeout(killMarked, afterMs);
});
function killMarked() {
  for (const entry of readdirSync('/proc')) try {
    if (/^\\d+$/.test(entry) && readFileSync('/proc/' + entry + '/environ', 'utf8').split('\\0').includes(mark)) {
      process.kill(Number(entry), 'SIGKILL');
    }
  } catch {}
}`;

let warden: ChildProcess | undefined;
const groups = new Set<number>();

function wardenNow(): ChildProcess {
  if (warden?.connected) return warden;
  const made = spawn(process.execPath, ['-e', WARDEN, `${MARK_NAME}=${MARK}`], {
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true, // the signals of a terminal or a supervisor's group are not for it
  });
  made.on('error', () => {});
  made.unref();
  made.channel?.unref();
  // Somebody ended it: the next program begins another, which is told of all.
  for (const group of groups) made.send({ begun: group }, () => {});
  warden = made;
  return made;
}

/** The environment of a program that is about to be begun, with the mark; from now on somebody watches over it. */
export function marked(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  wardenNow();
  return { ...environment, [MARK_NAME]: MARK };
}

/** Sees to it that the group does not outlive this process; the returned function takes that back, when it has ended. */
export function guardGroup(leader: number): () => void {
  const told = wardenNow();
  groups.add(leader);
  told.send({ begun: leader }, () => {});
  return () => {
    groups.delete(leader);
    if (warden?.connected) warden.send({ ended: leader }, () => {});
  };
}
