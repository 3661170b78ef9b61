import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Wherever a field of such a name turns up in a line, its value does not. */
const SECRETS = ['password', 'secretAccessKey', 'sessionToken', 'credentials', 'sasl', 'authorization'];

/**
 * One JSON object a line: `level` by name, `time` as ISO 8601, `msg`, and fields; lines about one image carry `imageId`.
 * Goes to standard output unless a destination is given.
 */
export function createLogger(options: {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly destination?: DestinationStream;
}): Logger {
  return pino(
    {
      level: options.level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '…' },
      serializers: { err: pino.stdSerializers.err, cause: pino.stdSerializers.err },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}
