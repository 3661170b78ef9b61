import type { Env } from '../config/environment.ts';
import { VARIABLES } from '../config/variables.ts';

/** The options of `darkroom try`, as commander reads them. */
export interface TryOptions {
  readonly out: string;
  readonly json?: true;
  readonly plugin?: string;
  readonly config?: string;
  readonly pipeline?: string;
}

/** The options of `darkroom pipelines`. */
export interface PipelinesOptions {
  readonly config?: string;
  readonly json?: true;
}

/** The environment, with `--config` instead of DARKROOM_CONFIG where it is given. */
export function withConfig(env: Env, config: string | undefined): Env {
  return config === undefined ? env : { ...env, [VARIABLES.configFile.name]: config };
}

/** The options of `darkroom produce`. */
export interface ProduceOptions {
  readonly customer: string;
  readonly form?: 'bytes' | 'json' | 'avro' | 'reference';
  readonly byReference?: true;
  readonly topic?: string;
  readonly rate?: number;
}

/** The options of `darkroom acls`. */
export interface AclsOptions {
  readonly roles?: string;
  readonly principal?: string;
  readonly format: 'text' | 'commands' | 'json';
}

/** The options of `darkroom reset`. */
export interface ResetOptions {
  readonly roles?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly json?: true;
}

/** The options of `darkroom plugin check`. */
export interface PluginCheckOptions {
  readonly input?: 'png' | 'jpeg' | 'webp' | 'original';
  readonly timeout: number;
  readonly memory: number;
  readonly sample?: readonly string[];
  readonly json?: true;
}
