import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Pipeline } from '../../processors/pipeline.ts';

/**
 * 16 lower-case hex digits over steps and renditions, where files count with their content, not with their place: the same
 * on every machine. What a module imports, and what an endpoint or a function does, is not seen. Throws when a file cannot
 * be read.
 */
export function fingerprintOf({ steps, renditions }: Pipeline): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(canonical({ steps: steps.map(withoutLimits), renditions })));
  return hash.digest('hex').slice(0, 16);
}

/** How long and how much a step may take changes no bytes, and its name is for people. */
function withoutLimits<T extends { readonly limits?: unknown; readonly name?: unknown }>(step: T): object {
  const { limits: _, name: __, ...does } = step;
  return does;
}

/** With sorted keys, and for the path of a file the hash of its content. */
function canonical(value: unknown, key = ''): unknown {
  if (typeof value === 'string' && (key === 'path' || key === 'image')) {
    return createHash('sha256').update(readFileSync(value)).digest('hex');
  }
  if (Array.isArray(value)) return value.map((item) => canonical(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, canonical(inner, name)]));
}
