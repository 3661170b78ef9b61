import { afterEach, describe, expect, it } from 'vitest';
import {
  type Health,
  type HealthServer,
  ListenError,
  startHealthServer,
} from '../../../src/observability/http-server.ts';
import { Metrics } from '../../../src/observability/metrics.ts';

const open: HealthServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function serve(health: () => Health, port = 0): Promise<HealthServer> {
  const metrics = new Metrics([
    { name: 'darkroom_tasks', help: 'Tasks', kind: 'gauge', read: () => [{ value: 3 }] },
    {
      name: 'darkroom_commits_total',
      help: 'Commits',
      kind: 'counter',
      labels: ['result'],
      read: () => [{ value: 7, labels: { result: 'ok' } }],
    },
  ]);
  metrics.observeImage({
    outcome: 'rejected',
    code: 'IMAGE_CORRUPT',
    type: 'jpeg',
    source: 'stream',
    durationMs: 40,
  });
  const server = await startHealthServer({
    host: '127.0.0.1',
    port,
    health,
    metrics: () => metrics.expose(),
  });
  open.push(server);
  return server;
}

describe('the health server', () => {
  it('answers 200 while ready and 503 with the causes while not', async () => {
    let health: Health = { live: true, ready: true, state: 'RUNNING', causes: [] };
    const { url } = await serve(() => health);
    const well = await fetch(`${url}/health/ready`);
    expect([well.status, await well.json()]).toEqual([200, { ready: true, state: 'RUNNING', causes: [] }]);

    health = { live: true, ready: false, state: 'RUNNING', causes: ['S3 unreachable since 12:00: refused'] };
    const ill = await fetch(`${url}/health/ready`);
    expect([ill.status, await ill.json()]).toEqual([
      503,
      { ready: false, state: 'RUNNING', causes: ['S3 unreachable since 12:00: refused'] },
    ]);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);

    health = { live: false, ready: false, state: 'ERROR', causes: ['fenced'] };
    expect((await fetch(`${url}/health/live`)).status).toBe(503);
  });

  it('exposes images and the numbers of others as Prometheus text, the same at every scrape', async () => {
    const { url } = await serve(() => ({ live: true, ready: true, state: 'RUNNING', causes: [] }));
    for (let scrape = 0; scrape < 2; scrape++) {
      const text = await (await fetch(`${url}/metrics`)).text();
      expect(text).toContain(
        'darkroom_images_total{outcome="rejected",code="IMAGE_CORRUPT",type="jpeg",source="stream"} 1',
      );
      expect(text).toContain('darkroom_image_duration_seconds_bucket{le="0.05",outcome="rejected"} 1');
      expect(text).toMatch(/^darkroom_tasks 3$/m);
      expect(text).toContain('darkroom_commits_total{result="ok"} 7');
    }
  });

  it('tells an unknown page from a wrong method', async () => {
    const { url } = await serve(() => ({ live: true, ready: true, state: 'RUNNING', causes: [] }));
    expect((await fetch(`${url}//`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
  });

  it('says what to do when the port is taken', async () => {
    const first = await serve(() => ({ live: true, ready: true, state: 'RUNNING', causes: [] }));
    const taken = Number(new URL(first.url).port);
    const second = serve(() => ({ live: true, ready: true, state: 'RUNNING', causes: [] }), taken);
    await expect(second).rejects.toThrow(ListenError);
    await expect(second).rejects.toThrow(
      `cannot listen on 127.0.0.1:${taken}: another process listens there already. What to do: set HTTP_PORT`,
    );
  });
});
