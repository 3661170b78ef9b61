import type { CommandStep, ModuleStep } from '../processors/index.ts';

const MODULE = /\.[cm]?[jt]s$/;

/** What a plug-in's file is as a step: a module by its name's end, else a program. `path` is absolute. */
export function pluginStep(path: string): ModuleStep | CommandStep {
  return MODULE.test(path) ? { step: 'module', path } : { step: 'command', path };
}
