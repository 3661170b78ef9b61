import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { StreamsError } from '../../topology/errors.ts';
import type { Pipeline } from '../pipeline.ts';
import type { RemoteSteps } from './outside-step.ts';
import { isOutside, type Step } from './step.ts';

/** Throws a StreamsError when a step cannot run: PLUGIN_MISSING for a file, PLUGIN_SECRET_MISSING for a header. */
export function checkSteps(pipelines: readonly Pipeline[], remote: RemoteSteps | undefined): void {
  for (const step of pipelines.flatMap(({ steps }) => steps)) {
    if (step.step === 'module' || step.step === 'command') checkFile(step.path, step);
    else remote?.check(step);
  }
}

function checkFile(path: string, step: Step): void {
  const missing = (why: string, what: string) =>
    new StreamsError(
      'PLUGIN_MISSING',
      'fail',
      `the plug-in ${path} ${why}; give the absolute path of ${what}`,
    );
  const what = isOutside(step) ? 'an executable file' : 'an ES module';
  if (!isAbsolute(path) || !statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw missing('is not there', what);
  }
  if (!isOutside(step)) return;
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw missing('cannot be executed (chmod +x)', what);
  }
}
