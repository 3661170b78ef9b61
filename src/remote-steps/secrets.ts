import { HEADER_VALUE, type HttpStep, stepName } from '../processors/steps/step.ts';
import { StreamsError } from '../topology/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `Bearer`, `Basic` and so on: RFC 9110, credentials. */
const SCHEME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+[\t ]+/;

/** The secrets of a step, by header. Throws PLUGIN_SECRET_MISSING, which never shows a value. */
export function secretsOf(step: HttpStep, env: Environment): Map<string, string> {
  return new Map(
    Object.entries(step.secretHeaders ?? {}).map(([header, variable]) => {
      const value = env[variable]?.trim();
      if (value && HEADER_VALUE.test(value)) return [header, value];
      throw new StreamsError(
        'PLUGIN_SECRET_MISSING',
        'fail',
        `the plug-in ${stepName(step)} takes its header ${header} from the variable ${variable}, which ` +
          `${value ? 'holds characters that no header may' : 'is not set'}; set it where the service runs`,
      );
    }),
  );
}

/**
 * Takes secrets out of a text, which has to be whole: of a secret that was cut, the rest would be told. Also what follows the
 * word of a scheme, and both as JSON writes them; the longest first, so that nothing is left of one that holds another.
 */
export function maskOf(secrets: Iterable<string>): (text: string) => string {
  const forms = [...secrets]
    .flatMap((secret) => [secret, secret.replace(SCHEME, '')])
    .flatMap((form) => [form, JSON.stringify(form).slice(1, -1)])
    .sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((told, form) => told.replaceAll(form, '***'), text);
}
