import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeRole } from '../../../src/cli/roles/index.ts';
import { roleProbes } from '../../../src/cli/roles/role-probes.ts';
import { startConfig } from '../../../src/config/compile.ts';
import { ROLES } from '../../../src/config/roles.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { Metrics, type Probe } from '../../../src/observability/metrics.ts';

const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'metrics.md');
const BETWEEN = /(?<=^<!-- made from .* -->\n)[\s\S]*?(?=^<!-- \/metrics -->$)/m;
const config = startConfig({
  ROLES: ROLES.join(','),
  KAFKA_BROKERS: '127.0.0.1:1',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
  S3_BUCKET: 'photos',
  UPLOADS_QUEUE_URL: 'http://127.0.0.1:1/queue',
  FIREHOSE_STREAM: 'stream',
  REDIS_URL: 'redis://127.0.0.1:1',
  WAREHOUSE_URL: 'postgres://127.0.0.1:1/db',
});

/** What every role tells, and what is told of images; nothing is opened for it. */
async function exposed(): Promise<{ probes: readonly Probe[]; text: string }> {
  const context = { config, logger: createLogger({ level: 'silent' }), observeImage: () => {} };
  const roles = ROLES.map((name) => makeRole(name, context));
  try {
    const probes = roleProbes(roles);
    const metrics = new Metrics(probes);
    metrics.observeImage({ outcome: '', code: '', type: '', source: '', durationMs: 0 });
    return { probes, text: (await metrics.expose()).text };
  } finally {
    await Promise.all(roles.map((role) => role.close(1_000)));
  }
}

function tableOf(text: string, probes: readonly Probe[]): string {
  const rows = [...text.matchAll(/^# HELP (darkroom_\w+) (.*)\n# TYPE \w+ (\w+)$/gm)].map(
    ([, name = '', help, type]) => {
      const sample = new RegExp(`^${name}(?:_count)?{([^}]*)}`, 'm').exec(text)?.[1] ?? '';
      const inSample = [...sample.matchAll(/(\w+)="/g)].map(([, label]) => label);
      const labels = probes.find((probe) => probe.name === name)?.labels ?? inSample;
      return `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help?.replaceAll('|', '\\|')} |`;
    },
  );
  return ['| name | type | labels | what it is |', '| --- | --- | --- | --- |', ...rows.toSorted()].join(
    '\n',
  );
}

/** The formatter pads the cells of a table. */
const unpadded = (table: string | undefined) => table?.replace(/ +/g, ' ').replace(/-{4,}/g, '---').trim();

it('docs/metrics.md has every metric of every role, as it is told', { timeout: 30_000 }, async () => {
  const { probes, text } = await exposed();
  const table = tableOf(text, probes);
  for (const { name } of probes) expect(table).toContain(`\`${name}\``);
  expect(table).toContain('`darkroom_images_total`');
  if (process.env.UPDATE_DOCS === '1') {
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(BETWEEN, () => `\n${table}\n\n`),
    );
  }
  expect(unpadded(BETWEEN.exec(readFileSync(page, 'utf8'))?.[0])).toBe(unpadded(table));
});

it('docs/metrics.md names no metric that is not told', async () => {
  const { probes } = await exposed();
  const told = new Set([...probes.map(({ name }) => name), 'darkroom_images_total']);
  const named = [...readFileSync(page, 'utf8').matchAll(/darkroom_[a-z_]+/g)].map(([name]) => name);
  expect(named.filter((name) => !told.has(name) && name !== 'darkroom_image_duration_seconds')).toEqual([]);
});
