import { z } from 'zod';
import {
  HEADER_VALUE,
  isOwnHeader,
  STEP_DEFAULTS,
  STEP_INPUTS,
  STEP_NAME,
} from '../../processors/steps/step.ts';
import { formatDuration, formatSize } from '../units.ts';
import { choice, durationIn, group, option, say, sizeIn } from './words.ts';

const MIB = 1024 ** 2;
const LIMITS = {
  timeout: durationIn([10, 900_000], {
    summary: 'From its start to its answer, all attempts included; a module: at most IMAGE_DEADLINE',
    fallback: formatDuration(STEP_DEFAULTS.timeoutMs),
    reason: 'a Lambda runs for at most 15m',
  }).optional(),
  memory: sizeIn([16 * MIB, 64 * 1024 * MIB], {
    summary: "Resident bytes, above which it is killed: a command's process group, a module's worker",
    fallback: formatSize(STEP_DEFAULTS.memoryBytes),
    reason: 'an interpreter alone takes close to 16MiB',
  }).optional(),
  maxOutput: sizeIn([1024, 2048 * MIB], {
    summary: 'Largest answer, before decoding; of a module: its raw pixels',
    fallback: formatSize(STEP_DEFAULTS.maxOutputBytes),
    reason: 'a Buffer of Node is to hold it',
  }).optional(),
};

const name = option(z.string().regex(STEP_NAME), {
  summary: 'In messages, times and metrics; by default what it runs',
  allowed: '1 to 60 of letters, digits, ".", "_" and "-"',
}).optional();

const input = choice(STEP_INPUTS, {
  summary:
    'What it gets: the picture anew as png, jpeg or webp (with the frames of an animation), or the bytes as they came',
  fallback: STEP_DEFAULTS.input,
}).optional();

const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const path = (summary: string, allowed: string) => option(z.string().min(1), { summary, allowed });

const moduleStep = group(
  {
    step: z.literal('module'),
    name,
    path: path(
      'Path of an ES module (.js, .mjs, .ts), from the folder of this file',
      'the path of an ES module',
    ),
    ...LIMITS,
  },
  'A module in the worker: export default async (image, context) => …',
);

const commandStep = group(
  {
    step: z.literal('command'),
    name,
    path: path('Path of an executable file, from the folder of this file', 'the path of an executable file'),
    args: option(z.array(z.string()), {
      summary: 'Its arguments; no shell reads them',
      allowed: 'a list of texts (in quotes: YAML takes 1 for a number)',
    }).optional(),
    input,
    ...LIMITS,
  },
  'A program in any language: the picture on its stdin, its answer on stdout, its verdict in the exit code',
);

const httpStep = group(
  {
    step: z.literal('http'),
    name,
    url: option(z.string().refine(isPlainUrl), {
      summary: 'Address that the picture is posted to',
      allowed: 'an http:// or https:// address without user and password',
      reason: 'secrets go into secretHeaders',
      hidden: true,
    }),
    headers: option(z.record(z.string().regex(HEADER), z.string().regex(HEADER_VALUE)), {
      summary: 'Sent with each request; nothing secret',
      allowed: 'texts by header',
      reason: 'of printable ASCII: a header holds nothing else',
      hidden: true,
    }).optional(),
    secretHeaders: option(z.record(z.string().regex(HEADER), z.string().regex(/^[A-Za-z_]\w*$/)), {
      summary:
        'Headers whose values are in variables of the environment: header, then the name of the variable',
      allowed: 'names of environment variables by header',
      hidden: true,
    }).optional(),
    input,
    ...LIMITS,
  },
  'An endpoint: the picture is the body of a POST',
).superRefine(({ headers = {}, secretHeaders = {} }, context) => {
  const places = Object.entries({ headers, secretHeaders }).flatMap(([place, named]) =>
    Object.keys(named).map((name) => ({ path: [place, name], name: name.toLowerCase() })),
  );
  places.forEach(({ path, name }, index) => {
    if (isOwnHeader(name)) say(context, 'is a header that Darkroom sets itself: leave it out', path);
    const first = places.findIndex((other) => other.name === name);
    if (first < index)
      say(
        context,
        `is the same header as ${places[first]?.path.join('.')}: names differ in more than case`,
        path,
      );
  });
});

const lambdaStep = group(
  {
    step: z.literal('lambda'),
    name,
    functionName: option(z.string().regex(/^[A-Za-z0-9:_$-]{1,170}$/), {
      summary: 'Name, partial or full ARN, with or without a version or alias',
      allowed: 'the name or ARN of a function of AWS Lambda',
    }),
    input,
    ...LIMITS,
  },
  'A function of AWS Lambda, called and waited for',
);

const KINDS = ['module', 'command', 'http', 'lambda'] as const;

export const stepSchema = option(
  z.discriminatedUnion('step', [moduleStep, commandStep, httpStep, lambdaStep]),
  {
    summary: "The company's own code, between decoding and the renditions",
    allowed: `a mapping whose "step" is one of ${KINDS.join(', ')}`,
    group: true,
    branch: (value) => KINDS.findIndex((kind) => isOfKind(value, kind)),
  },
);

function isOfKind(value: unknown, kind: string): boolean {
  return typeof value === 'object' && value !== null && 'step' in value && value.step === kind;
}

function isPlainUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
