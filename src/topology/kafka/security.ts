import type { ConnectionOptions } from 'node:tls';
import type { KafkaConfig, Mechanism } from 'kafkajs';
import { notAuthenticated } from './refusals.ts';
import type { SaslSettings, TlsSettings } from './settings.ts';

const SEPARATOR = '\u0001';

/** As Node wants it. What would turn the check of certificates off is not among the settings. */
export function tlsOptions({ ca, certificate, key, keyPassword }: TlsSettings): ConnectionOptions {
  return {
    rejectUnauthorized: true, // said here, because NODE_TLS_REJECT_UNAUTHORIZED=0 would turn it off silently
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword }),
  };
}

export function saslOptions(sasl: SaslSettings): NonNullable<KafkaConfig['sasl']> {
  if (sasl.mechanism === 'oauthbearer') return oauthBearer(sasl);
  const { username, password } = sasl;
  switch (sasl.mechanism) {
    case 'plain':
      return { mechanism: 'plain', username, password };
    case 'scram-sha-256':
      return { mechanism: 'scram-sha-256', username, password };
    case 'scram-sha-512':
      return { mechanism: 'scram-sha-512', username, password };
  }
}

/**
 * RFC 7628. KafkaJS has it too, but does not look at the broker's answer: it takes a refused token for a good one and fails later,
 * with a closed connection.
 */
function oauthBearer(sasl: Extract<SaslSettings, { mechanism: 'oauthbearer' }>): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ host, port, saslAuthenticate }) => ({
      authenticate: async () => {
        const bearer = `n,,${SEPARATOR}auth=Bearer ${await sasl.token()}${SEPARATOR}${SEPARATOR}`;
        const refusal = await saslAuthenticate({
          request: { encode: () => withLength(bearer) },
          response: {
            decode: (raw) => raw,
            parse: (raw) => raw.subarray(LENGTH_BYTES).toString(),
          },
        });
        if (!refusal) return;
        // what the protocol wants of a client that was refused; the broker then fails the authentication
        await saslAuthenticate({ request: { encode: () => withLength(SEPARATOR) } }).catch(() => {});
        const error = new Error(`the token is refused: ${refusal}`);
        throw notAuthenticated(error, error, { brokers: [`${host}:${port}`], sasl });
      },
    }),
  };
}

const LENGTH_BYTES = 4;

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
