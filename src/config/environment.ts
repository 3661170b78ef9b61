import { readFileSync } from 'node:fs';
import { nearest } from './nearest.ts';
import type { Variable } from './variable.ts';
import { VARIABLES } from './variables.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** What a configuration file turned out to be wrong with, to be told together with the environment's problems. */
export interface JudgedFile {
  /** As it was given. */
  readonly name: string;
  readonly problems: readonly string[];
}

/** Everything that is wrong with the environment and the configuration file, in one error. Its message holds no secret. */
export class ConfigError extends Error {
  readonly code = 'CONFIG_INVALID';
  readonly problems: readonly string[];

  constructor(ofEnvironment: readonly string[], file: JudgedFile = { name: '', problems: [] }) {
    const problems = [...ofEnvironment, ...file.problems];
    const both = ofEnvironment.length > 0 && file.problems.length > 0;
    const where = both
      ? `the environment and ${file.name}`
      : file.problems.length > 0
        ? file.name
        : 'the environment';
    const advice = [
      ...(ofEnvironment.length > 0
        ? ['set the variables named above; `darkroom start --help` lists them all.']
        : []),
      ...(file.problems.length > 0
        ? ['mend the file; docs/configuration.md has every option, `darkroom pipelines` checks it again.']
        : []),
    ];
    super(
      `${where} ${both ? 'have' : 'has'} ${problems.length === 1 ? '1 problem' : `${problems.length} problems`}:\n` +
        `${problems.map((problem) => `  - ${problem}`).join('\n')}\n` +
        `What to do: ${advice.join(' And ')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Reads variables and remembers what is wrong with them, so that all of it can be said at once. */
export class Environment {
  readonly #env: Env;
  readonly #problems: string[] = [];
  readonly #faulty = new Set<string>();
  readonly #fromFiles = new Map<string, string>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** Set and not empty: a composed `NAME=` counts as not set. */
  isSet(variable: Variable<unknown>): boolean {
    return this.#isGiven(variable.name) || (variable.secret && this.#isGiven(fileOf(variable)));
  }

  /** The value; after a problem, a value that only serves to go on looking for others until `finish` throws. */
  get<T>(variable: Variable<T>): T {
    const given = this.#given(variable);
    if (given === '') {
      if (variable.required)
        this.problem(
          variable,
          `${variable.name} is not set; it must be ${variable.allowed}, e.g. ${variable.example}`,
        );
      return variable.whenAbsent;
    }
    const value = variable.parse(given);
    if (value !== undefined) return value;
    const why = variable.explain?.(given) ?? variable.reason;
    const shown = variable.secret
      ? `${given.length} characters, not shown`
      : JSON.stringify(hidePassword(given));
    const example = variable.secret ? '' : `; e.g. ${variable.example}`;
    this.problem(
      variable,
      `${variable.name} must be ${variable.allowed}${why ? ` (${why})` : ''}, got ${shown}${example}`,
    );
    return variable.whenAbsent;
  }

  /** A rule between variables; judged only while each of them is sound by itself. */
  rule(variables: readonly Variable<unknown>[], broken: () => boolean, problem: string): void {
    if (variables.some(({ name }) => this.#faulty.has(name))) return;
    if (broken()) this.#problems.push(problem);
  }

  /** Throws a ConfigError if anything was wrong, misspelt names and what is wrong with the file among it. */
  finish(file?: JudgedFile): void {
    const problems = [...new Set(this.#problems), ...misspelt(this.#env)];
    if (problems.length > 0 || (file?.problems.length ?? 0) > 0) throw new ConfigError(problems, file);
  }

  #isGiven(name: string): boolean {
    return (this.#env[name] ?? '') !== '';
  }

  /** The text of a variable, of a secret also from its file; empty where there is none. */
  #given(variable: Variable<unknown>): string {
    const given = this.#env[variable.name] ?? '';
    const path = variable.secret ? (this.#env[fileOf(variable)] ?? '') : '';
    if (path === '') return given;
    if (given !== '') {
      this.problem(variable, `${variable.name} and ${fileOf(variable)} are both set; set one of them`);
      return '';
    }
    const known = this.#fromFiles.get(path);
    if (known !== undefined) return known;
    try {
      const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
      this.#fromFiles.set(path, text);
      if (text === '') this.problem(variable, `${fileOf(variable)} names an empty file, got "${path}"`);
      return text;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.problem(
        variable,
        `${fileOf(variable)} must be the path of a readable file (${why}), got "${path}"`,
      );
      return '';
    }
  }

  private problem(variable: Variable<unknown>, text: string): void {
    this.#faulty.add(variable.name);
    this.#problems.push(text);
  }
}

/** The variable that names the file in which a secret lies, as they are mounted. */
export const fileOf = ({ name }: Variable<unknown>): string => `${name}_FILE`;

const hidePassword = (text: string) => text.replace(/\/\/[^/@\s]*@/, '//…@');

/** A plug-in's own variables; they alone are handed on to the worker processes. */
const FOR_PLUGINS = 'DARKROOM_PLUGIN_';
/** Of the local stack and the compose file, which a service may find set. */
const FOR_DEVELOPMENT = ['DARKROOM_STACK', 'DARKROOM_IMAGE'];

/** Names that are not ours but were probably meant to be: `DARKROOM_…`, or a letter or two beside one of ours. */
function misspelt(env: Env): string[] {
  const variables: readonly Variable<unknown>[] = Object.values(VARIABLES);
  const names = variables.flatMap((variable) =>
    variable.secret ? [variable.name, fileOf(variable)] : [variable.name],
  );
  const known = new Set<string>([...names, ...FOR_DEVELOPMENT]);
  return Object.keys(env)
    .filter((name) => !known.has(name) && !name.startsWith(FOR_PLUGINS) && (env[name] ?? '') !== '')
    .flatMap((name) => {
      const ours = name.startsWith('DARKROOM_');
      const meant = nearest(ours ? name.slice('DARKROOM_'.length) : name, names, ours ? 3 : 2);
      if (meant) return [`${name} is not a variable of Darkroom; did you mean ${meant}?`];
      return ours ? [`${name} is not a variable of Darkroom`] : [];
    })
    .sort();
}
