import { connectAdmin, type PlainAdmin } from '../topology/kafka/clients.ts';
import type { KafkaSettings, Logger } from '../topology/kafka/settings.ts';

/**
 * Runs `use` with a connection to the brokers. Throws KAFKA_UNREACHABLE (`retry`), or KAFKA_AUTHENTICATION, KAFKA_TLS (`fail`) where
 * they answer and do not let this client in.
 */
export async function withAdmin<T>(
  settings: KafkaSettings,
  logger: Logger,
  use: (admin: PlainAdmin) => Promise<T>,
): Promise<T> {
  const admin = await connectAdmin(settings, logger);
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}
