import { z } from 'zod';
import { renditionSchema } from './rendition-schema.ts';
import { WORDS } from './words.ts';

/** The table of renditions' options in docs/configuration.md; a test holds the page equal to it. */
export function optionsAsMarkdown(): string {
  const rows = optionsOf('', renditionSchema).map(({ name, schema }) => {
    const { allowed = '', reason } = WORDS.get(schema) ?? {};
    const { description = '', default: fallback } = schema.meta() ?? {};
    const given = fallback === undefined ? '' : `\`${String(fallback)}\``;
    return `| \`${name}\` | ${given} | ${description} | ${reason ? `${allowed} (${reason})` : allowed} |`;
  });
  return [
    '| option | default | what it is for | what is allowed |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** Every option that holds a value, those inside of others as `pad.top`. */
function optionsOf(prefix: string, schema: z.ZodObject): { name: string; schema: z.ZodType }[] {
  return Object.entries(schema.shape).flatMap(([key, member]) => {
    const inner: unknown = member instanceof z.ZodOptional ? member.unwrap() : member;
    if (inner instanceof z.ZodObject) return optionsOf(`${prefix}${key}.`, inner);
    return inner instanceof z.ZodType ? [{ name: `${prefix}${key}`, schema: inner }] : [];
  });
}
