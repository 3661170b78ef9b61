import { z } from 'zod';
import { namedRenditionSchema, renditionSchema } from './rendition-schema.ts';
import { stepSchema } from './step-schema.ts';
import { group, NAME_ALLOWED, nameSchema, numberIn, option, say } from './words.ts';

const MAX_PIPELINES = 100;
const MAX_RENDITIONS = 64;
const RENDITIONS_ALLOWED = `must hold 1 to ${MAX_RENDITIONS} renditions (all of an image's are held in memory until they are stored)`;

const byName = option(
  z.record(nameSchema, renditionSchema).superRefine((renditions, context) => {
    if (!isBetween(Object.keys(renditions).length, MAX_RENDITIONS)) say(context, RENDITIONS_ALLOWED);
  }),
  { summary: 'By name', allowed: 'renditions by name, or a list of them', group: true },
);

const asList = option(
  z.array(namedRenditionSchema).superRefine((renditions, context) => {
    if (!isBetween(renditions.length, MAX_RENDITIONS)) say(context, RENDITIONS_ALLOWED);
    renditions.forEach(({ name }, index) => {
      if (renditions.findIndex((other) => other.name === name) === index) return;
      say(context, `must differ from the names of the others, got "${name}"`, [index, 'name']);
    });
  }),
  { summary: 'In an order', allowed: 'a list of renditions', group: true },
);

const pipelineSchema = group(
  {
    version: numberIn([1, 2 ** 31 - 1], {
      whole: true,
      summary: 'Goes up with each change that changes pictures; events and statistics show it',
      reason: 'what an Avro int holds',
    }),
    steps: option(z.array(stepSchema).max(20), {
      summary: "The company's own code, between decoding and the renditions, in this order",
      allowed: 'a list of at most 20 steps',
      group: true,
    }).optional(),
    renditions: option(z.union([byName, asList]), {
      summary: 'The pictures that are made: by name, or a list of which each has its name',
      allowed: 'renditions by name, or a list of them',
      group: true,
      branch: (value) => (Array.isArray(value) ? 1 : 0),
    }),
  },
  'What is done with an image',
);

/** What a configuration file may hold. */
export const configSchema = group(
  {
    $schema: option(z.string(), {
      summary: 'For editors: schemas/config.schema.json',
      allowed: 'the address of a JSON Schema',
    }).optional(),
    pipelines: option(
      z.record(nameSchema, pipelineSchema).superRefine((pipelines, context) => {
        if (!isBetween(Object.keys(pipelines).length, MAX_PIPELINES))
          say(
            context,
            `must hold 1 to ${MAX_PIPELINES} pipelines (each worker process is given all of them)`,
          );
      }),
      { summary: 'By name', allowed: 'pipelines by name', group: true },
    ),
    defaultPipeline: option(nameSchema, {
      summary: 'For images whose customer has no policy that names one; needed where there are several',
      allowed: `the name of a pipeline: ${NAME_ALLOWED}`,
    }).optional(),
  },
  'Configuration of Darkroom',
);

export type ConfigInput = z.input<typeof configSchema>;
export type PipelineInput = z.input<typeof pipelineSchema>;
export type RenditionInput = z.input<typeof renditionSchema>;
export type NamedRenditionInput = z.input<typeof namedRenditionSchema>;
export type StepInput = z.input<typeof stepSchema>;

function isBetween(count: number, max: number): boolean {
  return count >= 1 && count <= max;
}
