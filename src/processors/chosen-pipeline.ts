import type { Pipeline } from './pipeline.ts';
import { Refusal } from './refusal.ts';

/**
 * The pipeline that is asked for, else the default one. Policies may name one that this service has not, or not yet, which
 * must not stop the stream: throws a Refusal, PIPELINE_UNKNOWN.
 */
export function chosenPipeline(
  pipelines: readonly [Pipeline, ...Pipeline[]],
  name: string | undefined,
): Pipeline {
  const chosen = name === undefined ? pipelines[0] : pipelines.find((pipeline) => pipeline.name === name);
  if (chosen) return chosen;
  const known = pipelines.map((pipeline) => pipeline.name).join(', ');
  throw new Refusal(
    'failed',
    'PIPELINE_UNKNOWN',
    `there is no pipeline ${JSON.stringify(name)}; known are ${known}. Name one of them in the customer's policy, or add it ` +
      'to the configuration file',
  );
}
