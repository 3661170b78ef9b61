// A service that is gone before it can say that it began a program; group-warden.test.ts looks for that.
import { spawn } from 'node:child_process';
import { marked } from '../../../../src/processors/steps/group-warden.ts';

const [path = '', ...args] = process.argv.slice(2);
spawn(path, args, { env: marked({}), detached: true, stdio: 'ignore' });
process.kill(process.pid, 'SIGKILL');
