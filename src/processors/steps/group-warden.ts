import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A process of ours that outlives this one by a moment: told of every program that runs, it kills those that are left when this
 * process is gone, however it went. A program that hangs would else hang on for good.
 */
const WARDEN = `
const groups = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.on('message', ({ begun, ended }) => { begun ? groups.add(begun) : groups.delete(ended); });
process.on('disconnect', () => {
  for (const group of groups) try { process.kill(-group, 'SIGKILL'); } catch {}
  process.exit();
});`;

let warden: ChildProcess | undefined;
const groups = new Set<number>();

function wardenNow(): ChildProcess {
  if (warden?.connected) return warden;
  const made = spawn(process.execPath, ['-e', WARDEN], {
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
