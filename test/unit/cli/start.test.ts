import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const DARKROOM = fileURLToPath(new URL('../../../bin/darkroom.mjs', import.meta.url));

describe('darkroom start', () => {
  it('waits for services that are down, says over HTTP which, and ends in order at SIGTERM', async () => {
    const child = spawn(process.execPath, [DARKROOM, 'start'], {
      env: {
        PATH: process.env.PATH ?? '',
        KAFKA_BROKERS: '127.0.0.1:1',
        SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
        S3_BUCKET: 'my-images',
        S3_ENDPOINT: 'http://127.0.0.1:1',
        AWS_ACCESS_KEY_ID: 'key',
        AWS_SECRET_ACCESS_KEY: 'hunter2',
        HTTP_PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      const lines: Record<string, unknown>[] = [];
      createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line)));
      const saying = (text: string) => lines.find(({ msg }) => msg === text);
      await expect.poll(() => saying('starting'), { timeout: 20_000 }).toBeDefined();
      const url = String(saying('starting')?.http);

      await expect
        .poll(async () => (await fetch(`${url}/health/ready`)).text(), {
          timeout: 20_000,
        })
        .toMatch(/schema registry unreachable since \S+: .*S3 unreachable since/s);
      expect((await fetch(`${url}/health/ready`)).status).toBe(503);
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      expect(await (await fetch(`${url}/metrics`)).text()).toContain(
        'darkroom_stream_tasks{role="develop"} 0',
      );

      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      expect((await ended)[0]).toBe(0);
      expect(saying('ended')).toBeDefined();
      expect(JSON.stringify(lines)).not.toContain('hunter2');
    } finally {
      child.kill('SIGKILL');
    }
  }, 60_000);
});
