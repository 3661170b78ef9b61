import type { RemoteSteps } from '../processors/steps/outside-step.ts';
import { callHttp } from './http.ts';
import { createLambdaCaller, type LambdaCaller, type LambdaPlace } from './lambda.ts';
import { type Environment, secretsOf } from './secrets.ts';

export interface RemoteStepsOptions {
  /** Where the secrets of steps are; read once a call, so a changed one needs a restart only where the environment does. */
  readonly env: Environment;
  readonly lambda?: LambdaPlace;
}

/** Clients of the steps that run on other machines. */
export function createRemoteSteps({ env, lambda = {} }: RemoteStepsOptions): RemoteSteps & { close(): void } {
  // Made when the first image needs it: without such a step nothing asks for a region or credentials.
  let caller: LambdaCaller | undefined;
  return {
    check: (step) => {
      if (step.step === 'http') secretsOf(step, env);
    },
    call: (step, request, limits, signal) => {
      if (step.step === 'http') return callHttp(step, request, limits, signal, env);
      caller ??= createLambdaCaller(lambda);
      return caller.call(step, request, limits, signal);
    },
    close: () => caller?.close(),
  };
}
