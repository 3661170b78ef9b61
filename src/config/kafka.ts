import { createSecureContext } from 'node:tls';
import { awsKey } from './aws-key.ts';
import type { Environment } from './environment.ts';
import type { Variable } from './variable.ts';
import { VARIABLES as V } from './variables.ts';

const PROTOCOL = V.securityProtocol.name;
const TLS_ONLY = [V.sslCa, V.sslCertificate, V.sslKey, V.sslKeyPassword];
const OAUTH = [
  V.oauthTokenUrl,
  V.oauthCa,
  V.oauthClientId,
  V.oauthClientSecret,
  V.oauthScope,
  V.oauthTokenPath,
];
const SASL_ONLY = [V.saslMechanism, V.saslUsername, V.saslPassword, ...OAUTH];

const namesOf = (variables: readonly Variable<unknown>[]) => variables.map(({ name }) => name).join(' and ');

/** Where the brokers are and how to be let in. */
export function kafka(env: Environment) {
  const protocol = env.get(V.securityProtocol);
  const withTls = protocol === 'SSL' || protocol === 'SASL_SSL';
  const withSasl = protocol === 'SASL_SSL' || protocol === 'SASL_PLAINTEXT';
  const files = tls(env);
  const login = sasl(env, { withSasl, withTls });
  if (!withTls) unused(env, TLS_ONLY, protocol, withSasl ? 'SASL_SSL' : 'SSL');
  if (!withSasl) unused(env, SASL_ONLY, protocol, 'SASL_SSL');
  return {
    brokers: env.get(V.brokers),
    clientId: env.get(V.applicationId),
    ...(withTls && { tls: files }),
    ...(withSasl && login && { sasl: login }),
  };
}

/** What is set and has no effect is a mistake: a connection would be less secure than somebody thinks. */
function unused(
  env: Environment,
  variables: readonly Variable<unknown>[],
  protocol: string,
  meant: string,
): void {
  const set = variables.filter((variable) => env.isSet(variable));
  env.rule(
    [V.securityProtocol],
    () => set.length > 0,
    `${namesOf(set)} would not be used: ${PROTOCOL} is ${protocol}; set it to ${meant}`,
  );
}

function tls(env: Environment) {
  const ca = env.get(V.sslCa);
  const certificate = env.get(V.sslCertificate);
  const key = env.get(V.sslKey);
  const keyPassword = env.get(V.sslKeyPassword);
  const pair = [V.sslCertificate, V.sslKey];
  env.rule(
    pair,
    () => env.isSet(V.sslCertificate) !== env.isSet(V.sslKey),
    `${namesOf(pair)} must both be set, or neither`,
  );
  env.rule(
    [...pair, V.sslKeyPassword],
    () => certificate !== undefined && key !== undefined && !belongTogether(certificate, key, keyPassword),
    `${V.sslKey.name} must be the key of the certificate in ${V.sslCertificate.name}, readable with ${V.sslKeyPassword.name} where it has a password`,
  );
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(keyPassword === undefined ? {} : { keyPassword }),
  };
}

function belongTogether(cert: string, key: string, passphrase: string | undefined): boolean {
  try {
    createSecureContext({ cert, key, ...(passphrase === undefined ? {} : { passphrase }) });
    return true;
  } catch {
    return false;
  }
}

function sasl(env: Environment, { withSasl, withTls }: { withSasl: boolean; withTls: boolean }) {
  const mechanism = env.get(V.saslMechanism);
  const login = passwordLogin(env, mechanism);
  const tokens = tokenSource(env, mechanism);
  const region = env.get(V.region);
  env.rule(
    [V.securityProtocol, V.saslMechanism],
    () => withSasl && mechanism === undefined,
    `${V.saslMechanism.name} must be set with a ${PROTOCOL} that begins with SASL; it must be ${V.saslMechanism.allowed}`,
  );
  env.rule(
    [V.securityProtocol, V.saslMechanism],
    () => withSasl && !withTls && !mechanism?.startsWith('scram-') && mechanism !== undefined,
    `${V.saslMechanism.name}=${mechanism} sends what everybody on the way could use: ${PROTOCOL} must be SASL_SSL for it`,
  );
  switch (mechanism) {
    case undefined:
      return undefined;
    case 'oauthbearer':
      return { mechanism, ...tokens };
    case 'aws-msk-iam': {
      const credentials = awsKey(env);
      return { mechanism, region, ...(credentials && { credentials }) };
    }
    default:
      return { mechanism, ...login };
  }
}

function passwordLogin(env: Environment, mechanism: string | undefined) {
  const username = env.get(V.saslUsername) ?? '';
  const password = env.get(V.saslPassword) ?? '';
  const pair = [V.saslUsername, V.saslPassword];
  const missing = pair.filter((variable) => !env.isSet(variable));
  const wanted = mechanism === 'plain' || mechanism?.startsWith('scram-');
  env.rule(
    [V.saslMechanism, ...pair],
    () => wanted === true && missing.length > 0,
    `${namesOf(missing)} must be set too: ${V.saslMechanism.name}=${mechanism} needs a user and a password`,
  );
  return { username, password };
}

function tokenSource(env: Environment, mechanism: string | undefined) {
  const path = env.get(V.oauthTokenPath);
  const url = env.get(V.oauthTokenUrl);
  const ca = env.get(V.oauthCa);
  const clientId = env.get(V.oauthClientId) ?? '';
  const clientSecret = env.get(V.oauthClientSecret) ?? '';
  const scope = env.get(V.oauthScope);
  const wanted = mechanism === 'oauthbearer';
  const client = [V.oauthClientId, V.oauthClientSecret];
  const missing = client.filter((variable) => !env.isSet(variable));
  env.rule(
    [V.saslMechanism, V.oauthTokenPath, V.oauthTokenUrl],
    () => wanted && env.isSet(V.oauthTokenPath) === env.isSet(V.oauthTokenUrl),
    `${V.saslMechanism.name}=oauthbearer needs either ${V.oauthTokenUrl.name} or ${V.oauthTokenPath.name}`,
  );
  env.rule(
    [V.oauthTokenUrl, ...client],
    () => wanted && url !== undefined && missing.length > 0,
    `${namesOf(missing)} must be set too: ${V.oauthTokenUrl.name} gives tokens to a client`,
  );
  env.rule(
    [V.oauthTokenUrl],
    () => url !== undefined && !isPrivate(url),
    `${V.oauthTokenUrl.name} must begin with https://: the client's secret is sent there`,
  );
  if (path !== undefined) return { tokens: { path } };
  const optional = { ...(ca === undefined ? {} : { ca }), ...(scope === undefined ? {} : { scope }) };
  return { tokens: { url: url ?? '', clientId, clientSecret, ...optional } };
}

/** Whether nobody on the way can listen. */
function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}
