import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { formatDuration, formatPixels, formatSize, parseDuration, parsePixels, parseSize } from './units.ts';

/** What any text but white space matches. */
export const NOT_EMPTY = /\S/;

/** One variable of the environment: how it is written, what it becomes, and what is told of it. */
export interface Variable<T> {
  readonly name: string;
  /** What it is for, in one line. */
  readonly summary: string;
  /** What is allowed, to be read after "must be". */
  readonly allowed: string;
  /** Why the bound is where it is. */
  readonly reason: string | undefined;
  /** A value to copy. */
  readonly example: string;
  /** As it would be written; undefined: no default. */
  readonly defaultText: string | undefined;
  readonly required: boolean;
  /** Never shown in a message; may lie in the file that `<name>_FILE` names. */
  readonly secret: boolean;
  /** Undefined when the text is not allowed. */
  parse(text: string): T | undefined;
  /** What is wrong with a text that is not allowed, where `allowed` does not say it. */
  explain?(text: string): string | undefined;
  /** What is used when the variable is not set and not required. */
  readonly whenAbsent: T;
}

interface Words {
  readonly summary: string;
  readonly example: string;
  readonly reason?: string;
  readonly secret?: true;
}
interface Kind<T> {
  readonly allowed: string;
  parse(text: string): T | undefined;
  explain?(text: string): string | undefined;
}

function make<T>(
  name: string,
  words: Words,
  kind: Kind<T>,
  absent: { required: true } | { text: string },
): Variable<T>;
function make<T>(
  name: string,
  words: Words,
  kind: Kind<T>,
  absent: { optional: true },
): Variable<T | undefined>;
function make<T>(
  name: string,
  words: Words,
  kind: Kind<T>,
  absent: { required: true } | { text: string } | { optional: true },
): Variable<T | undefined> {
  const defaultText = 'text' in absent ? absent.text : undefined;
  return {
    name,
    summary: words.summary,
    allowed: kind.allowed,
    reason: words.reason,
    example: words.example,
    defaultText,
    required: 'required' in absent,
    secret: words.secret ?? false,
    parse: kind.parse,
    ...(kind.explain && { explain: kind.explain }),
    whenAbsent: defaultText === undefined ? undefined : kind.parse(defaultText),
  };
}

/** Makes the three forms of a variable of one kind: `required`, with a `default`, and `optional` (undefined when not set). */
function forms<T>(name: string, kind: Kind<T>) {
  return {
    required: (words: Words) => make(name, words, kind, { required: true }),
    default: (text: string, words: Omit<Words, 'example'> & { example?: string }) =>
      make(name, { example: text, ...words }, kind, { text }),
    optional: (words: Words) => make(name, words, kind, { optional: true }),
  };
}

const between = (value: number | undefined, min: number, max: number) =>
  value !== undefined && value >= min && value <= max ? value : undefined;

export const integer = (name: string, min: number, max: number) =>
  forms(name, {
    allowed: `an integer in [${min}, ${max}]`,
    parse: (text) => (/^-?\d+$/.test(text) ? between(Number(text), min, max) : undefined),
  });

export const duration = (name: string, minMs: number, maxMs: number) =>
  forms(name, {
    allowed: `a duration in [${formatDuration(minMs)}, ${formatDuration(maxMs)}], written with ms, s, m, h or d`,
    parse: (text) => between(parseDuration(text), minMs, maxMs),
  });

export const size = (name: string, minBytes: number, maxBytes: number) =>
  forms(name, {
    allowed: `a size in [${formatSize(minBytes)}, ${formatSize(maxBytes)}], written with B, KiB, MiB or GiB`,
    parse: (text) => between(parseSize(text), minBytes, maxBytes),
  });

export const pixels = (name: string, min: number, max: number) =>
  forms(name, {
    allowed: `a number of pixels in [${formatPixels(min)}, ${formatPixels(max)}], plain or with MP (million)`,
    parse: (text) => between(parsePixels(text), min, max),
  });

export const oneOf = <const T extends string>(name: string, choices: readonly T[]) =>
  forms(name, {
    allowed: `one of ${choices.join(', ')}`,
    parse: (text) => choices.find((choice) => choice === text),
  });

const items = (text: string) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

export const someOf = <const T extends string>(name: string, choices: readonly T[]) =>
  forms<readonly T[]>(name, {
    allowed: `a list with commas, each one of ${choices.join(', ')}`,
    parse: (text) => {
      const given = items(text);
      const known = choices.filter((choice) => given.includes(choice));
      return given.length > 0 && known.length === new Set(given).size ? known : undefined;
    },
  });

export const text = (name: string, pattern: RegExp, allowed: string) =>
  forms(name, { allowed, parse: (given) => (pattern.test(given) ? given : undefined) });

export const list = (name: string, pattern: RegExp, allowed: string) =>
  forms<readonly string[]>(name, {
    allowed: `a list with commas, each ${allowed}`,
    parse: (given) => {
      const found = items(given);
      return found.length > 0 && found.every((item) => pattern.test(item)) ? found : undefined;
    },
  });

/** Networks in CIDR notation. */
export const networks = (name: string) =>
  forms<readonly string[]>(name, {
    allowed: 'a list with commas, each a network in CIDR notation',
    parse: (given) => {
      const found = items(given);
      return found.length > 0 && found.every((item) => ipaddr.isValidCIDR(item)) ? found : undefined;
    },
  });

/** A URL that may hold a password, of one of the schemes. */
export const url = (name: string, schemes: readonly string[]) =>
  forms(name, {
    allowed: `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    parse: (given) => {
      const parsed = URL.parse(given);
      return parsed?.hostname && schemes.includes(parsed.protocol.slice(0, -1)) ? given : undefined;
    },
  });

export const httpUrl = (name: string) =>
  forms(name, {
    allowed: 'a URL that begins with http:// or https://',
    parse: (given) => {
      const url = URL.parse(given);
      return url && /^https?:$/.test(url.protocol) ? given.replace(/\/+$/, '') : undefined;
    },
  });

/** `host:port` pairs. */
export const hostPorts = (name: string) =>
  list(name, /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):([1-9]\d{0,4})$/, 'host:port with a port in [1, 65535]');

/** A file of PEM blocks, given by its path; its text. */
const pem = (name: string, allowed: string, problemOf: (pem: string) => string | undefined) => {
  const read = (path: string): { readonly text: string } | { readonly problem: string } => {
    try {
      const text = readFileSync(path, 'utf8');
      const problem = problemOf(text);
      return problem === undefined ? { text } : { problem };
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) };
    }
  };
  return forms<string>(name, {
    allowed,
    parse: (path) => {
      const result = read(path);
      return 'text' in result ? result.text : undefined;
    },
    explain: (path) => {
      const result = read(path);
      return 'problem' in result ? result.problem : undefined;
    },
  });
};

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function certificateProblem(text: string): string | undefined {
  const found = text.match(CERTIFICATES);
  if (!found) return 'the file holds no PEM certificate';
  for (const certificate of found) new X509Certificate(certificate); // throws where it is none
  return undefined;
}

export const certificateFile = (name: string) =>
  pem(name, 'the path of a PEM file with certificates', certificateProblem);

export const keyFile = (name: string) =>
  pem(name, 'the path of a PEM file with a private key', (text) =>
    /-----BEGIN ([A-Z]+ )*PRIVATE KEY-----/.test(text) ? undefined : 'the file holds no PEM private key',
  );
