import type { Env } from '../config/environment.ts';
import { configFileOf } from '../config/file/read-config.ts';
import { unknownPipeline } from './pipeline-of.ts';

/**
 * Why a policy's pipeline may be a mistake; undefined where nothing speaks against it, or where no configuration file can be
 * looked at: services may know more than this machine does.
 */
export async function pipelineWarning(name: string | undefined, env: Env): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const file = await configFileOf(env, { withSecrets: false });
  if (!file) return undefined;
  if (!file.pipelines) return `${file.name} cannot be looked at for a pipeline "${name}": it has mistakes`;
  if (file.pipelines.some((pipeline) => pipeline.name === name)) return undefined;
  return (
    `in ${file.name} ${unknownPipeline(name, file.pipelines)}. The policy is set all the same; where the service ` +
    "has no such pipeline, the customer's images fail with PIPELINE_UNKNOWN"
  );
}
