// Sentences out of what zod found: each names the place, what is allowed there and why, and what stands there.
import { z } from 'zod';
import { nearest } from '../nearest.ts';
import { NAME_ALLOWED, SENTENCE, WORDS } from './words.ts';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

export interface Mistake {
  /** From the root of the file. */
  readonly path: Path;
  /** Whether the key itself is wrong, not what it holds. */
  readonly atKey: boolean;
  /** Begins with the place. */
  readonly text: string;
}

/** Everything that is wrong with what a file holds; empty when it is sound. */
export function mistakesIn(schema: z.ZodType, value: unknown): Mistake[] {
  const { error } = schema.safeParse(value);
  const mistakes = (error?.issues ?? []).flatMap((issue) => mistakesOf(issue, schema, value, []));
  // The parts of an option that is judged as a whole may each have found it wrong.
  return [...new Map(mistakes.map((mistake) => [mistake.text, mistake])).values()];
}

function mistakesOf(issue: Issue, root: z.ZodType, rootValue: unknown, rootPath: Path): Mistake[] {
  let schema = unwrapped(root);
  let value = rootValue;
  let path = rootPath;
  for (const key of issue.path) {
    if (!isGroup(schema)) break;
    const inner = childOf(schema, key, value);
    if (!inner) break;
    schema = unwrapped(inner);
    value = memberOf(value, key);
    path = [...path, key];
  }
  if (issue.code === 'custom' && issue.params === SENTENCE) {
    const at = [...rootPath, ...issue.path];
    return [{ path: at, atKey: false, text: `${told(at)} ${issue.message}` }];
  }
  if (!isGroup(schema)) return [mistakeAt(path, schema, value)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], key, chosenOf(schema, value)));
    case 'invalid_key': {
      const key = issue.path.at(-1) ?? '';
      const reached = path.at(-1) === key;
      const at = reached ? path : [...path, key];
      const text = `${told(at)} has a wrong name: it must be ${NAME_ALLOWED}`;
      // zod looks at nothing that has a wrong name.
      const inside = reached ? (schema.safeParse(value).error?.issues ?? []) : [];
      return [
        { path: at, atKey: true, text },
        ...inside.flatMap((inner) => mistakesOf(inner, schema, value, path)),
      ];
    }
    case 'invalid_union': {
      const branch = WORDS.get(schema)?.branch?.(value);
      const option = branch === undefined ? undefined : optionOf(schema, branch);
      const errors = branch === undefined ? undefined : issue.errors[branch];
      if (!option || !errors) return [mistakeAt(path, schema, value)];
      return errors.flatMap((inner) => mistakesOf(inner, option, value, path));
    }
    default:
      return [mistakeAt(path, schema, value)];
  }
}

function mistakeAt(path: Path, schema: z.ZodType, value: unknown): Mistake {
  const { allowed = 'something else', reason, choices, hidden } = WORDS.get(schema) ?? {};
  const why = reason ? ` (${reason})` : '';
  if (value === undefined)
    return { path, atKey: false, text: `${told(path)} is missing; it must be ${allowed}${why}` };
  const meant = choices && typeof value === 'string' ? nearest(value, choices, 2) : undefined;
  const text = `${told(path)} must be ${allowed}${why}, got ${hidden ? 'what is not shown' : shown(value)}`;
  return { path, atKey: false, text: meant ? `${text}; did you mean ${meant}?` : text };
}

function unknownKey(path: Path, key: string, schema: z.ZodType | undefined): Mistake {
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const meant = nearest(key, known, 2);
  const hint = meant ? `did you mean ${meant}?` : `known are ${known.join(', ')}`;
  return { path, atKey: true, text: `${told(path)} is not an option; ${hint}` };
}

/** Whether mistakes inside are told one by one. */
function isGroup(schema: z.ZodType): boolean {
  return WORDS.get(schema)?.group === true;
}

function unwrapped(schema: z.ZodType): z.ZodType {
  if (!(schema instanceof z.ZodOptional)) return schema;
  const inner = schema.unwrap();
  return inner instanceof z.ZodType ? unwrapped(inner) : schema;
}

/** What a group says of a member of it; undefined where it knows none of that name. */
function childOf(schema: z.ZodType, key: PropertyKey, value: unknown): z.ZodType | undefined {
  const chosen = chosenOf(schema, value);
  const child =
    chosen instanceof z.ZodObject
      ? chosen.shape[String(key)]
      : chosen instanceof z.ZodRecord
        ? chosen.valueType
        : chosen instanceof z.ZodArray
          ? chosen.element
          : undefined;
  return child instanceof z.ZodType ? child : undefined;
}

/** The group itself, or of a union the one that the value was meant for. */
function chosenOf(schema: z.ZodType, value: unknown): z.ZodType | undefined {
  const branch = WORDS.get(schema)?.branch?.(value);
  return branch === undefined ? schema : optionOf(schema, branch);
}

function optionOf(schema: z.ZodType, index: number): z.ZodType | undefined {
  const option = schema instanceof z.ZodUnion ? schema.options[index] : undefined;
  return option instanceof z.ZodType ? option : undefined;
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** `pipelines.shop.renditions[0].name` */
export function told(path: Path): string {
  const text = path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      return /^[\w$-]+$/.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(String(key))}]`;
    })
    .join('')
    .replace(/^\./, '');
  return text === '' ? 'the file' : text;
}

const MAX_SHOWN = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
