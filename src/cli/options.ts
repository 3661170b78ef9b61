/** The options of `darkroom try`, as commander reads them. */
export interface TryOptions {
  readonly out: string;
  readonly json?: true;
  readonly plugin?: string;
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
