import type { ConfigInput, NamedRenditionInput, PipelineInput, RenditionInput, StepInput } from './schema.ts';

/** What a configuration file holds, as in docs/configuration.md. */
export type DarkroomConfig = ConfigInput;
export type PipelineConfig = PipelineInput;
export type RenditionConfig = RenditionInput;
/** Of a list of renditions. */
export type NamedRenditionConfig = NamedRenditionInput;
export type StepConfig = StepInput;

/** Gives the configuration back as it is: for the types. It is checked when the service reads the file. */
export function defineConfig(config: DarkroomConfig): DarkroomConfig {
  return config;
}
