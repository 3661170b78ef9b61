import { z } from 'zod';
import { formatDuration, formatSize, parseDuration, parseSize } from '../units.ts';

/** What is told of a place in the file when something else stands there. */
export interface Words {
  /** To be read after "must be". */
  readonly allowed: string;
  /** Why the bound is where it is. */
  readonly reason?: string;
  /** Where only certain words are allowed: to find the one that was meant. */
  readonly choices?: readonly string[];
  /** What stands there may hold a secret: it is not shown. */
  readonly hidden?: true;
  /** Mistakes inside are told one by one; else the place is judged as a whole. */
  readonly group?: true;
  /** Of a union of groups: which of them a value was meant for. */
  readonly branch?: (value: unknown) => number;
}

/** What each schema says of itself; mistakes.ts makes sentences of it. */
export const WORDS = z.registry<Words>();

interface About extends Words {
  /** For editors. */
  readonly summary: string;
  /** What is taken where the option is absent, for editors. */
  readonly fallback?: unknown;
}

/** Gives a schema its words. They belong to this very object: nothing may be derived from it but by wrapping. */
export function option<T extends z.ZodType>(schema: T, { summary, fallback, ...words }: About): T {
  const described = schema.meta({
    description: summary,
    ...(fallback === undefined ? {} : { default: fallback }),
  });
  WORDS.add(described, words);
  return described;
}

/** Tells a mistake that takes several options to see; `message` is read after the name of the place. */
export function say(context: z.RefinementCtx, message: string, path: PropertyKey[] = []): void {
  context.addIssue({ code: 'custom', message, path, params: SENTENCE });
}

/** Marks an issue whose message is a sentence of ours. */
export const SENTENCE = { sentence: true };

/** One of some words. */
export function choice<const T extends string>(
  choices: readonly T[],
  about: Pick<About, 'summary' | 'fallback'>,
) {
  return option(z.enum(choices), { ...about, choices, allowed: `one of ${choices.join(', ')}` });
}

type Bounds = readonly [min: number, max: number];

/** A number between bounds that both are allowed. */
export function numberIn([min, max]: Bounds, about: Omit<About, 'allowed'> & { readonly whole?: true }) {
  const { whole, ...rest } = about;
  const schema = (whole ? z.int() : z.number()).min(min).max(max);
  return option(schema, { ...rest, allowed: `${whole ? 'an integer' : 'a number'} in [${min}, ${max}]` });
}

const isIn = (value: number | undefined, [min, max]: Bounds) =>
  value !== undefined && value >= min && value <= max;

/** `200KiB`, or bytes as a number. */
export function sizeSchema(bounds: Bounds) {
  const [min, max] = bounds;
  const text = z.templateLiteral([z.number(), z.enum(['B', 'KiB', 'MiB', 'GiB'])]);
  return z.union([z.int().min(min).max(max), text.refine((given) => isIn(parseSize(given), bounds))]);
}

export function sizeIn(bounds: Bounds, about: Omit<About, 'allowed'>) {
  const [min, max] = bounds.map(formatSize);
  return option(sizeSchema(bounds), {
    ...about,
    allowed: `a size in [${min}, ${max}], written with B, KiB, MiB or GiB`,
  });
}

export function durationIn(bounds: Bounds, about: Omit<About, 'allowed'>) {
  const [min, max] = bounds.map(formatDuration);
  const text = z.templateLiteral([z.number(), z.enum(['ms', 's', 'm', 'h'])]);
  return option(
    text.refine((given) => isIn(parseDuration(given), bounds)),
    { ...about, allowed: `a duration in [${min}, ${max}], written with ms, s, m or h` },
  );
}

export function yesOrNo(about: Pick<About, 'summary' | 'fallback'>) {
  return option(z.boolean(), { ...about, allowed: 'true or false' });
}

/** A mapping of which every key is known. */
export function group<T extends z.ZodRawShape>(shape: T, summary: string) {
  return option(z.strictObject(shape), { summary, allowed: 'a mapping of options', group: true });
}

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
export const NAME_ALLOWED =
  'lower-case letters, digits and "-", at most 64, and begin with a letter or digit';
export const nameSchema = z.string().regex(NAME);
