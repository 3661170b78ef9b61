import type { Environment } from './environment.ts';
import { VARIABLES as V } from './variables.ts';

/** The key of all AWS services; undefined: the SDK looks where AWS' own tools do. */
export function awsKey(env: Environment) {
  const accessKeyId = env.get(V.accessKeyId);
  const secretAccessKey = env.get(V.secretAccessKey);
  const sessionToken = env.get(V.sessionToken);
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
