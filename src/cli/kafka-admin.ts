import { StreamsError } from '../topology/index.ts';
import { connectAdmin, type PlainAdmin } from '../topology/kafka/clients.ts';
import { errorType } from '../topology/kafka/errors.ts';
import type { KafkaSettings, Logger } from '../topology/kafka/settings.ts';

const REFUSALS = new Set(['SASL_AUTHENTICATION_FAILED', 'ILLEGAL_SASL_STATE', 'UNSUPPORTED_SASL_MECHANISM']);

/**
 * Runs `use` with a connection to the brokers. Throws KAFKA_UNREACHABLE (`retry`), or KAFKA_REFUSED (`fail`) where they answer
 * and do not let this client in.
 */
export async function withAdmin<T>(
  settings: KafkaSettings,
  logger: Logger,
  use: (admin: PlainAdmin) => Promise<T>,
): Promise<T> {
  const admin = await connectAdmin(settings, logger).catch((error: Error) => {
    const { cause } = error;
    if (!REFUSALS.has(errorType(error)) && !(cause instanceof Error && /SASL/.test(cause.name))) throw error;
    throw new StreamsError(
      'KAFKA_REFUSED',
      'fail',
      `the broker at ${settings.brokers.join(', ')} does not let this client in (${cause instanceof Error ? cause.message : error.message}). ` +
        'What to do: check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SSL',
      { cause: error },
    );
  });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}
