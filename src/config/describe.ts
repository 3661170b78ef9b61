import { fileOf } from './environment.ts';
import type { Variable } from './variable.ts';
import { VARIABLES } from './variables.ts';

const variables: readonly Variable<unknown>[] = Object.values(VARIABLES);

const fallback = (variable: Variable<unknown>) =>
  variable.required ? 'required' : variable.defaultText === undefined ? 'not set' : variable.defaultText;

const namesOf = (variable: Variable<unknown>) =>
  variable.secret ? [variable.name, fileOf(variable)] : [variable.name];

/** The list of variables for a terminal, two lines each. */
export function variablesForHelp(): string {
  return variables
    .map(
      (variable) =>
        `  ${namesOf(variable).join(' or ')}  (${fallback(variable)})\n      ${variable.summary}; ${variable.allowed}`,
    )
    .join('\n');
}

const cell = (text: string) => text.replaceAll('|', '\\|');

/** The table of docs/configuration.md; a test holds the page equal to it. */
export function variablesAsMarkdown(): string {
  const rows = variables.map((variable) => {
    const given = variable.defaultText === undefined ? 'not set' : `\`${variable.defaultText}\``;
    const bound = variable.reason ? `${variable.allowed} (${variable.reason})` : variable.allowed;
    const names = namesOf(variable).map((name) => `\`${name}\``);
    return `| ${names.join(' or ')} | ${variable.required ? 'required' : given} | ${cell(variable.summary)} | ${cell(bound)} |`;
  });
  return [
    '| variable | default | what it is for | what is allowed |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
