import {
  certificateFile,
  hostPorts,
  httpUrl,
  keyFile,
  NOT_EMPTY,
  oneOf,
  text,
  type Variable,
} from './variable.ts';

/** Kafka's own words (security.protocol). */
const SECURITY_PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
const SASL_MECHANISMS = ['scram-sha-512', 'scram-sha-256', 'plain', 'oauthbearer', 'aws-msk-iam'] as const;

/** Where Kafka and its registry are, and how a connection is secured. */
export const KAFKA_VARIABLES = {
  brokers: hostPorts('KAFKA_BROKERS').required({
    summary: 'Kafka brokers to begin with',
    example: 'kafka-1:9092,kafka-2:9092',
  }),
  securityProtocol: oneOf('KAFKA_SECURITY_PROTOCOL', SECURITY_PROTOCOLS).default('PLAINTEXT', {
    summary:
      "How to speak with the brokers, in Kafka's words; with SSL their certificates and names are always checked",
    example: 'SASL_SSL',
  }),
  sslCa: certificateFile('KAFKA_SSL_CA_FILE').optional({
    summary: "Authorities that may sign the brokers' certificates; not set: those that Node knows",
    example: '/etc/darkroom/kafka-ca.pem',
  }),
  sslCertificate: certificateFile('KAFKA_SSL_CERTIFICATE_FILE').optional({
    summary: 'Our own certificate with its chain, where the brokers ask for one',
    example: '/etc/darkroom/kafka-client.pem',
  }),
  sslKey: keyFile('KAFKA_SSL_KEY_FILE').optional({
    summary: 'Its private key',
    example: '/etc/darkroom/kafka-client-key.pem',
  }),
  sslKeyPassword: text('KAFKA_SSL_KEY_PASSWORD', NOT_EMPTY, 'a password').optional({
    summary: 'Password of that key, where it has one',
    example: '…',
    secret: true,
  }),
  saslMechanism: oneOf('KAFKA_SASL_MECHANISM', SASL_MECHANISMS).optional({
    summary: 'How to authenticate, with a KAFKA_SECURITY_PROTOCOL of SASL_SSL or SASL_PLAINTEXT',
    example: 'scram-sha-512',
  }),
  saslUsername: text('KAFKA_SASL_USERNAME', NOT_EMPTY, 'a user name').optional({
    summary: 'User, for scram-sha-512, scram-sha-256 and plain',
    example: 'darkroom',
  }),
  saslPassword: text('KAFKA_SASL_PASSWORD', NOT_EMPTY, 'a password').optional({
    summary: 'Its password',
    example: '…',
    secret: true,
  }),
  oauthTokenUrl: httpUrl('KAFKA_OAUTH_TOKEN_URL').optional({
    summary: 'Where oauthbearer gets its tokens (grant type client_credentials)',
    example: 'https://login.example.com/oauth2/token',
  }),
  oauthCa: certificateFile('KAFKA_OAUTH_CA_FILE').optional({
    summary: 'Authorities that may sign the certificate of that address; not set: those that Node knows',
    example: '/etc/darkroom/login-ca.pem',
  }),
  oauthClientId: text('KAFKA_OAUTH_CLIENT_ID', NOT_EMPTY, 'a client id').optional({
    summary: 'Client that asks for the tokens',
    example: 'darkroom',
  }),
  oauthClientSecret: text('KAFKA_OAUTH_CLIENT_SECRET', NOT_EMPTY, 'a client secret').optional({
    summary: 'Its secret',
    example: '…',
    secret: true,
  }),
  oauthScope: text('KAFKA_OAUTH_SCOPE', NOT_EMPTY, 'scopes with spaces in between').optional({
    summary: 'What the tokens are asked for',
    example: 'kafka',
  }),
  oauthTokenPath: text('KAFKA_OAUTH_TOKEN_FILE', NOT_EMPTY, 'the path of a file').optional({
    summary:
      'File with the token of oauthbearer, which somebody else renews; instead of KAFKA_OAUTH_TOKEN_URL',
    example: '/var/run/secrets/kafka/token',
  }),
  registryUrl: httpUrl('SCHEMA_REGISTRY_URL').required({
    summary: 'Schema registry that speaks the Confluent API, with its path if it has one',
    example: 'http://registry:8081',
  }),
  registryUsername: text('SCHEMA_REGISTRY_USERNAME', NOT_EMPTY, 'a user name').optional({
    summary: 'User of the registry, if it wants one',
    example: 'darkroom',
  }),
  registryPassword: text('SCHEMA_REGISTRY_PASSWORD', NOT_EMPTY, 'a password').optional({
    summary: 'Its password',
    example: '…',
    secret: true,
  }),
  registryToken: text('SCHEMA_REGISTRY_TOKEN', NOT_EMPTY, 'a token').optional({
    summary: 'Bearer token of the registry, instead of user and password',
    example: '…',
    secret: true,
  }),
  registryCa: certificateFile('SCHEMA_REGISTRY_CA_FILE').optional({
    summary: "Authorities that may sign the registry's certificate; not set: those that Node knows",
    example: '/etc/darkroom/registry-ca.pem',
  }),
} as const satisfies Readonly<Record<string, Variable<unknown>>>;
