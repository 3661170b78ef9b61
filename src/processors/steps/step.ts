/** What one step may take. What is absent is the default of its kind: STEP_DEFAULTS. */
export interface StepLimits {
  /** From its start to its answer, all attempts included. A module: at most the deadline of the whole image. */
  readonly timeoutMs?: number;
  /** Resident bytes: a command's whole process group; the worker while a module runs. Remote steps have their own. */
  readonly memoryBytes?: number;
  /** Bytes of an answer, before decoding; of a module: of its raw pixels. */
  readonly maxOutputBytes?: number;
}

/**
 * What a step outside of the worker gets. `original`: the bytes as they came, from a stranger. Else a clean picture of the
 * decoded pixels: upright, sRGB, no metadata, no larger than the largest rendition; `webp` carries the frames of an
 * animation, `png` and `jpeg` its first.
 */
export const STEP_INPUTS = ['png', 'jpeg', 'webp', 'original'] as const;
export type StepInput = (typeof STEP_INPUTS)[number];

interface AnyStep {
  /** In messages, times and metrics; by default what it runs. At most 60 of letters, digits, ".", "_" and "-". */
  readonly name?: string;
  readonly limits?: StepLimits;
}

interface AnyOutsideStep extends AnyStep {
  /** `png` where it is absent. */
  readonly input?: StepInput;
}

/** An ES module run in the worker on the decoded pixels: `export default async (image, context) => …`. */
export interface ModuleStep extends AnyStep {
  readonly step: 'module';
  /** Absolute path of an ES module (.js, .mjs, .ts) on the machine of the workers. */
  readonly path: string;
}

/** A program in any language: the picture on its stdin, its answer on stdout, its verdict in the exit code. No shell. */
export interface CommandStep extends AnyOutsideStep {
  readonly step: 'command';
  /** Absolute path of an executable file. */
  readonly path: string;
  readonly args?: readonly string[];
}

/** An endpoint: the picture is the body of a POST. */
export interface HttpStep extends AnyOutsideStep {
  readonly step: 'http';
  /** http: or https:, without user and password. */
  readonly url: string;
  /** Sent with each request; nothing secret. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Header's name → name of the environment variable that holds its value, which no message ever shows. */
  readonly secretHeaders?: Readonly<Record<string, string>>;
}

/** A function of AWS Lambda, called and waited for. Region and credentials are those of the environment. */
export interface LambdaStep extends AnyOutsideStep {
  readonly step: 'lambda';
  /** Name, partial or full ARN, with or without a version or alias. */
  readonly functionName: string;
}

/** The company's own code, between decoding and the renditions. */
export type Step = ModuleStep | CommandStep | HttpStep | LambdaStep;
/** Those whose code runs on another machine; a client for them is injected. */
export type RemoteStep = HttpStep | LambdaStep;
/** Those that run outside of the worker, on an encoded picture. */
export type OutsideStep = CommandStep | RemoteStep;

/** 10 s is imgproxy's total for an image; 64 MiB of an encoded picture is twice what may come in. */
export const STEP_DEFAULTS = {
  timeoutMs: 10_000,
  memoryBytes: 512 * 1024 * 1024,
  maxOutputBytes: 64 * 1024 * 1024,
  input: 'png',
} as const satisfies Required<StepLimits> & { input: StepInput };

export const STEP_NAME = /^[\w.-]{1,60}$/;

/** What a step's header may hold: RFC 9110, field values, without what is neither ASCII nor seen. */
export const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/** Headers that say what is sent and how, which is Darkroom's to say; in lower case, as all names are compared. */
const OWN_HEADER =
  /^(x-darkroom-.*|content-(type|length|encoding)|accept-encoding|host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect)$/;

export function isOwnHeader(name: string): boolean {
  return OWN_HEADER.test(name.toLowerCase());
}

export function isOutside(step: Step): step is OutsideStep {
  return step.step !== 'module';
}

/** What a step is called: its own name, else its file, endpoint or function. Never a query or a secret. */
export function stepName(step: Step): string {
  if (step.name !== undefined) return step.name;
  const told =
    step.step === 'http'
      ? new URL(step.url).host + new URL(step.url).pathname
      : step.step === 'lambda'
        ? step.functionName.replace(/^.*:function:/, '')
        : step.path.slice(step.path.lastIndexOf('/') + 1);
  return told
    .replace(/[^\w.-]+/g, '-')
    .replace(/-$/, '')
    .slice(0, 60);
}

/** What a step did with an image. */
export interface StepReport {
  readonly name: string;
  readonly step: Step['step'];
  /** `changed`: another picture, further renditions, or both. */
  readonly outcome: 'changed' | 'unchanged' | 'rejected' | 'failed';
  readonly durationMs: number;
  /** Bytes of its answer; of a module: of the raw pixels. */
  readonly outputBytes: number;
  /** Highest resident bytes seen: of a module its worker's, of a command its process group's. Remote: unknown. */
  readonly memoryBytes?: number;
}
