// The broker's second listener: TLS with a certificate of its own, SCRAM-SHA-512, and an authorizer that allows what was granted.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KafkaLogin } from '../types.ts';
import { CertificateAuthority } from './certificates.ts';
import { keptPassword } from './redis.ts';

const USER = 'darkroom';
type Properties = Readonly<Record<string, string | number | boolean>>;

export interface KafkaSecurity {
  readonly login: KafkaLogin;
  /** For `format --add-scram`: the users are there before the broker is. */
  readonly users: readonly string[];
  /** A broker's properties with the second listener. Who comes by the first is nobody by name, and the stack itself. */
  properties(plain: Properties, port: number): Properties;
}

/** Certificates and a password, made at the first call and kept in the folder. */
export async function prepareSecurity(folder: string): Promise<KafkaSecurity> {
  const certificates = join(folder, 'certificates');
  const keystore = join(certificates, 'broker-keystore.pem');
  const caFile = join(certificates, 'ca.pem');
  if (!existsSync(keystore)) {
    const authority = await CertificateAuthority.create(certificates);
    const { certificate, key } = await authority.sign('broker');
    const chain = await Promise.all([key, certificate, authority.file].map((file) => readFile(file, 'utf8')));
    await writeFile(keystore, chain.join(''), { mode: 0o600 });
  }
  const password = await keptPassword(join(folder, 'password'));
  return {
    login: { caFile, username: USER, password },
    users: [`SCRAM-SHA-512=[name=${USER},password=${password}]`],
    properties: (plain, port) => ({
      ...plain,
      listeners: `${plain.listeners},SASL_SSL://127.0.0.1:${port}`,
      'advertised.listeners': `${plain['advertised.listeners']},SASL_SSL://127.0.0.1:${port}`,
      'listener.security.protocol.map': `${plain['listener.security.protocol.map']},SASL_SSL:SASL_SSL`,
      'sasl.enabled.mechanisms': 'SCRAM-SHA-512,OAUTHBEARER',
      // tokens that nobody has signed: who they name is believed, as everything is on the stack's own listener
      'listener.name.sasl_ssl.oauthbearer.sasl.jaas.config':
        'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keystore,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': false,
      'super.users': 'User:ANONYMOUS',
    }),
  };
}
