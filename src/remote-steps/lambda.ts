import {
  InvokeCommand,
  type InvokeCommandOutput,
  LambdaClient,
  LambdaServiceException,
} from '@aws-sdk/client-lambda';
import { firstLine } from '../processors/refusal.ts';
import { readAnswer, type StepAnswer, stepFailed } from '../processors/steps/answer.ts';
import type { FullLimits, StepRequest } from '../processors/steps/outside-step.ts';
import type { LambdaStep } from '../processors/steps/step.ts';
import { MayHeal, retried } from './retried.ts';

/** Of a synchronous call, both ways (AWS Lambda quotas). */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
const THROTTLED =
  /^(TooManyRequestsException|ThrottlingException|EC2ThrottledException|ResourceNotReadyException)$/;

/** Where Lambda is; what is absent comes from the environment, as everywhere in the SDK. */
export interface LambdaPlace {
  readonly region?: string;
  readonly endpoint?: string;
}

export interface LambdaCaller {
  call(
    step: LambdaStep,
    request: StepRequest,
    limits: FullLimits,
    signal: AbortSignal,
  ): Promise<{ readonly answer: StepAnswer; readonly outputBytes: number }>;
  close(): void;
}

/** Calls functions and waits for them: `{ image, contentType, facts, pipeline, step }` in, the answer of every step out. */
export function createLambdaCaller(place: LambdaPlace): LambdaCaller {
  // One attempt each: how long it is tried is the step's to say.
  const client = new LambdaClient({ ...place, maxAttempts: 1 });
  return {
    call: async ({ functionName }, { image, step, ...rest }, { timeoutMs }, signal) => {
      const payload = Buffer.from(JSON.stringify({ image: image.toString('base64'), step, ...rest }));
      if (payload.length > MAX_PAYLOAD_BYTES) {
        const why = `the call has ${payload.length} bytes, Lambda takes ${MAX_PAYLOAD_BYTES}`;
        const what = 'let the step have input jpeg or webp, or smaller renditions';
        throw stepFailed(step, `${why}: ${what}`, 'PLUGIN_INPUT_TOO_LARGE');
      }
      const command = new InvokeCommand({ FunctionName: functionName, Payload: payload });
      const output = await retried(step, timeoutMs, signal, () => send(client, command, step, signal));
      const bytes = Buffer.from(output.Payload ?? []);
      const document = parsed(step, bytes);
      if (output.FunctionError) throw stepFailed(step, errorOf(document));
      return { answer: readAnswer(step, document), outputBytes: bytes.length };
    },
    close: () => client.destroy(),
  };
}

async function send(
  client: LambdaClient,
  command: InvokeCommand,
  step: string,
  signal: AbortSignal,
): Promise<InvokeCommandOutput> {
  try {
    return await client.send(command, { abortSignal: signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LambdaServiceException) {
      const status = error.$metadata.httpStatusCode ?? 0;
      if (THROTTLED.test(error.name) || status === 429 || status >= 500) {
        throw new MayHeal(`Lambda answered ${error.name}`, 0, { cause: error });
      }
      throw stepFailed(step, `Lambda answered ${error.name}: ${firstLine(error)}`, 'PLUGIN_FAILED', error);
    }
    throw new MayHeal(`Lambda cannot be reached (${firstLine(error)})`, 0, { cause: error });
  }
}

function parsed(step: string, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw stepFailed(step, `the function's answer of ${bytes.length} bytes is not JSON`);
  }
}

/** `{ errorType, errorMessage }`, as every runtime of Lambda makes it. */
function errorOf(document: unknown): string {
  const field = (name: string): string => {
    const value: unknown =
      typeof document === 'object' && document !== null ? Reflect.get(document, name) : '';
    return typeof value === 'string' ? firstLine(value) : '';
  };
  return [field('errorType'), field('errorMessage')].filter(Boolean).join(': ') || 'the function failed';
}
