import { createGate } from '../isolation/gate.ts';
import type { Pipeline } from '../pipeline.ts';
import { Refusal } from '../refusal.ts';
import { answerTooLarge, stepFailed } from './answer.ts';
import { runCommand } from './command.ts';
import {
  type Answered,
  type FullLimits,
  type RemoteSteps,
  type StepRequest,
  StepTimeout,
} from './outside-step.ts';
import { type OutsideStep, STEP_DEFAULTS, type StepReport } from './step.ts';

/** Runs steps outside of the workers, each within its limits. */
export interface OutsideSteps {
  /**
   * One image through one step. Gives a Refusal as a value beside the report of it; rejects with the signal's reason when that
   * fires.
   */
  run(
    step: OutsideStep,
    request: StepRequest,
    signal: AbortSignal,
  ): Promise<{ readonly report: StepReport; readonly end: Answered['answer'] | Refusal }>;
}

/** While a step on another machine works, the workers have time for other images. */
const IMAGES_A_WORKER = 4;

/** How many images it takes to keep so many workers at work. */
export function imagesAtOnce(workers: number, pipelines: readonly Pipeline[]): number {
  const remote = pipelines.some(({ steps }) =>
    steps.some(({ step }) => step === 'http' || step === 'lambda'),
  );
  return remote ? workers * IMAGES_A_WORKER : workers;
}

/** `commands` programs run at once: they take this machine's cores as workers do. */
export function createOutsideSteps(commands: number, remote: RemoteSteps | undefined): OutsideSteps {
  const inTurn = createGate(commands);

  const answerOf = async (
    step: OutsideStep,
    request: StepRequest,
    limits: FullLimits,
    caller: AbortSignal,
  ): Promise<Answered> => {
    const late = new StepTimeout(request.step, limits.timeoutMs);
    const own = new AbortController();
    const timer = setTimeout(() => own.abort(late), limits.timeoutMs);
    const signal = AbortSignal.any([caller, own.signal]);
    try {
      if (step.step === 'command') return await runCommand(step, request, limits, signal);
      if (!remote) throw stepFailed(request.step, 'no client for steps on other machines was given');
      const answered = await remote.call(step, request, limits, signal);
      const { image, renditions } = answered.answer;
      const bytes = renditions.reduce((sum, { body }) => sum + body.length, image?.length ?? 0);
      if (bytes > limits.maxOutputBytes) throw answerTooLarge(request.step, limits.maxOutputBytes);
      return answered;
    } catch (error) {
      caller.throwIfAborted();
      if (own.signal.aborted && !(error instanceof Refusal)) {
        throw stepFailed(request.step, `it took more than ${limits.timeoutMs} ms`, 'PLUGIN_TIMEOUT', error);
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    run: async (step, request, signal) => {
      const limits = { ...STEP_DEFAULTS, ...step.limits };
      let startedMs = performance.now();
      const report = (outcome: StepReport['outcome'], answered?: Answered): StepReport => ({
        name: request.step,
        step: step.step,
        outcome,
        durationMs: Math.round(performance.now() - startedMs),
        outputBytes: answered?.outputBytes ?? 0,
        ...(answered?.memoryBytes === undefined ? {} : { memoryBytes: answered.memoryBytes }),
      });
      const work = () => {
        startedMs = performance.now();
        return answerOf(step, request, limits, signal);
      };
      try {
        const answered = await (step.step === 'command' ? inTurn(work, signal) : work());
        const { answer } = answered;
        const changed = answer.image !== undefined || answer.renditions.length > 0;
        return { report: report(changed ? 'changed' : 'unchanged', answered), end: answer };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return { report: report(error.outcome), end: error };
      }
    },
  };
}
