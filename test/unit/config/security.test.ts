import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startConfig, warehouseConfig } from '../../../src/config/compile.ts';
import { ConfigError } from '../../../src/config/environment.ts';
import { type Certificates, makeCertificates } from '../../support/certificates.ts';

const REQUIRED = { KAFKA_BROKERS: 'b:9093', SCHEMA_REGISTRY_URL: 'https://registry', S3_BUCKET: 'my-images' };

let pem: Certificates;
beforeAll(async () => {
  pem = await makeCertificates();
});
afterAll(() => pem.remove());

const config = (env: Record<string, string>) => startConfig({ ...REQUIRED, ...env });

function problems(env: Record<string, string>): readonly string[] {
  try {
    config(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** A file with this text. */
function fileWith(name: string, text: string): string {
  const path = join(pem.folder, name);
  writeFileSync(path, text);
  return path;
}

const SCRAM = {
  KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
  KAFKA_SASL_USERNAME: 'darkroom',
  KAFKA_SASL_PASSWORD: 'hunter2',
};

describe('security of the brokers', () => {
  it('reads authority, certificate and key, and who we are', () => {
    const { kafka } = config({
      ...SCRAM,
      KAFKA_SSL_CA_FILE: pem.caFile,
      KAFKA_SSL_CERTIFICATE_FILE: pem.certificateFile,
      KAFKA_SSL_KEY_FILE: pem.keyFile,
    });
    expect(kafka.tls).toEqual({ ca: pem.ca, certificate: pem.certificate, key: pem.key });
    expect(kafka.sasl).toEqual({ mechanism: 'scram-sha-512', username: 'darkroom', password: 'hunter2' });
  });

  it('speaks in clear only where nothing says otherwise', () => {
    expect(config({}).kafka).toEqual({ brokers: ['b:9093'], clientId: 'darkroom' });
    expect(config({ KAFKA_SECURITY_PROTOCOL: 'SSL' }).kafka.tls).toEqual({});
  });

  it('refuses what would have no effect, since a connection would be less secure than it looks', () => {
    expect(problems({ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SSL_CA_FILE: pem.caFile })).toEqual([
      'KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be set too: KAFKA_SASL_MECHANISM=plain needs a user and a password',
      'KAFKA_SSL_CA_FILE would not be used: KAFKA_SECURITY_PROTOCOL is PLAINTEXT; set it to SSL',
      'KAFKA_SASL_MECHANISM would not be used: KAFKA_SECURITY_PROTOCOL is PLAINTEXT; set it to SASL_SSL',
    ]);
    expect(problems({ SCHEMA_REGISTRY_URL: 'http://registry', SCHEMA_REGISTRY_CA_FILE: pem.caFile })).toEqual(
      ['SCHEMA_REGISTRY_CA_FILE would not be used: SCHEMA_REGISTRY_URL must begin with https:// for it'],
    );
    expect(problems({ REDIS_URL: 'redis://r', REDIS_CA_FILE: pem.caFile })).toEqual([
      'REDIS_CA_FILE would not be used: REDIS_URL must begin with rediss:// for it',
    ]);
    expect(
      problems({ WAREHOUSE_URL: 'postgres://u@w/d?sslmode=disable', WAREHOUSE_CA_FILE: pem.caFile }),
    ).toEqual(['WAREHOUSE_CA_FILE would not be used: WAREHOUSE_URL must have sslmode=verify-full for it']);
  });

  it('sends a password or a token over TLS alone', () => {
    const clear = { ...SCRAM, KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT' };
    expect(problems(clear)).toEqual([]);
    expect(problems({ ...clear, KAFKA_SASL_MECHANISM: 'plain' })).toEqual([
      'KAFKA_SASL_MECHANISM=plain sends what everybody on the way could use: KAFKA_SECURITY_PROTOCOL must be SASL_SSL for it',
    ]);
    expect(
      problems({
        KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
        KAFKA_SASL_MECHANISM: 'oauthbearer',
        KAFKA_OAUTH_TOKEN_URL: 'http://login.example.com/token',
        KAFKA_OAUTH_CLIENT_ID: 'darkroom',
        KAFKA_OAUTH_CLIENT_SECRET: 'hunter2',
      }),
    ).toEqual(["KAFKA_OAUTH_TOKEN_URL must begin with https://: the client's secret is sent there"]);
  });

  it('says why a certificate file is none', () => {
    const found = problems({
      ...SCRAM,
      KAFKA_SSL_CA_FILE: join(pem.folder, 'nowhere.pem'),
      KAFKA_SSL_CERTIFICATE_FILE: fileWith('words.pem', 'no certificate'),
      KAFKA_SSL_KEY_FILE: pem.certificateFile,
    });
    expect(found).toHaveLength(3);
    expect(found[0]).toMatch(/^KAFKA_SSL_CA_FILE must be the path of a PEM file with certificates \(ENOENT/);
    expect(found[1]).toContain('(the file holds no PEM certificate)');
    expect(found[2]).toContain('KAFKA_SSL_KEY_FILE must be the path of a PEM file with a private key');
  });

  it('refuses a key of another certificate, and half a pair', () => {
    const other = { ...SCRAM, KAFKA_SSL_CERTIFICATE_FILE: pem.otherCaFile, KAFKA_SSL_KEY_FILE: pem.keyFile };
    expect(problems(other)).toEqual([
      expect.stringContaining(
        'KAFKA_SSL_KEY_FILE must be the key of the certificate in KAFKA_SSL_CERTIFICATE_FILE',
      ),
    ]);
    expect(problems({ ...SCRAM, KAFKA_SSL_KEY_FILE: pem.keyFile })).toEqual([
      'KAFKA_SSL_CERTIFICATE_FILE and KAFKA_SSL_KEY_FILE must both be set, or neither',
    ]);
  });

  it('wants one source of tokens, with all that it needs', () => {
    const oauth = { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_MECHANISM: 'oauthbearer' };
    const either =
      'KAFKA_SASL_MECHANISM=oauthbearer needs either KAFKA_OAUTH_TOKEN_URL or KAFKA_OAUTH_TOKEN_FILE';
    expect(problems(oauth)).toEqual([either]);
    const url = { KAFKA_OAUTH_TOKEN_URL: 'https://login' };
    expect(problems({ ...oauth, ...url })).toEqual([
      'KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET must be set too: KAFKA_OAUTH_TOKEN_URL gives tokens to a client',
    ]);
    expect(config({ ...oauth, KAFKA_OAUTH_TOKEN_FILE: '/run/token' }).kafka.sasl).toEqual({
      mechanism: 'oauthbearer',
      tokens: { path: '/run/token' },
    });
    const msk = {
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SASL_MECHANISM: 'aws-msk-iam',
      AWS_REGION: 'eu-west-1',
    };
    const signer = { mechanism: 'aws-msk-iam', region: 'eu-west-1' };
    expect(config(msk).kafka.sasl).toEqual(signer);
    const key = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };
    const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'token' };
    const { kafka, s3 } = config({ ...msk, ...key });
    expect([kafka.sasl, s3.credentials]).toEqual([{ ...signer, credentials }, credentials]);
  });
});

describe('secrets', () => {
  it('may lie in files, without the newline at their end', () => {
    const { KAFKA_SASL_PASSWORD: _, ...others } = SCRAM;
    const { kafka, redis, load } = config({
      ...others,
      KAFKA_SASL_PASSWORD_FILE: fileWith('password', 'from a file\n'),
      REDIS_URL: 'rediss://r',
      REDIS_PASSWORD_FILE: fileWith('redis', ' spaces stay '),
      WAREHOUSE_URL_FILE: fileWith('url', 'postgres://user:pw@w/d\r\n'),
    });
    expect(kafka.sasl).toMatchObject({ password: 'from a file' });
    expect(redis).toMatchObject({ url: 'rediss://r', password: ' spaces stay ' });
    expect(load?.warehouse).toEqual({ url: 'postgres://user:pw@w/d' });
  });

  it('are never given twice, and their file must be there; neither is shown', () => {
    const found = problems({
      ...SCRAM,
      KAFKA_SASL_PASSWORD_FILE: fileWith('password', 'from a file'),
      AWS_SECRET_ACCESS_KEY_FILE: '/nowhere/secret',
      SCHEMA_REGISTRY_TOKEN_FILE: fileWith('empty', '\n'),
    });
    expect(found).toEqual(
      expect.arrayContaining([
        'KAFKA_SASL_PASSWORD and KAFKA_SASL_PASSWORD_FILE are both set; set one of them',
        expect.stringMatching(
          /^AWS_SECRET_ACCESS_KEY_FILE must be the path of a readable file \(ENOENT.*nowhere/,
        ),
        expect.stringContaining('SCHEMA_REGISTRY_TOKEN_FILE names an empty file'),
      ]),
    );
    expect(found.join()).not.toMatch(/hunter2|from a file/);
  });
});

describe('security of the warehouse and Redis', () => {
  it('knows no mode of TLS that gives up checking', () => {
    for (const mode of ['prefer', 'allow', 'no-verify']) {
      expect(problems({ WAREHOUSE_URL: `postgres://u:p@w/d?sslmode=${mode}` })).toEqual([
        `WAREHOUSE_URL must have an sslmode of disable, require, verify-ca, verify-full, got ${mode}`,
      ]);
    }
  });

  it('has one place for each setting of TLS', () => {
    const url = 'postgres://u:p@w/d?sslrootcert=/ca.pem&sslmode=verify-full&uselibpqcompat=true';
    expect(problems({ WAREHOUSE_URL: url })).toEqual([
      'WAREHOUSE_URL must not have sslrootcert, uselibpqcompat: sslmode and WAREHOUSE_CA_FILE say all about TLS',
    ]);
  });

  it('takes a password beside the address, or in it', () => {
    const place = { WAREHOUSE_URL: 'postgres://u@w/d', WAREHOUSE_PASSWORD: 'hunter2' };
    expect(warehouseConfig(place).warehouse).toEqual({ url: 'postgres://u@w/d', password: 'hunter2' });
    expect(problems({ WAREHOUSE_URL: 'postgres://u:p@w/d', WAREHOUSE_PASSWORD: 'hunter2' })).toEqual([
      'WAREHOUSE_PASSWORD is set and WAREHOUSE_URL has a password too; leave one of them away',
    ]);
    expect(problems({ REDIS_URL: 'rediss://u:p@r', REDIS_PASSWORD: 'hunter2', REDIS_USERNAME: 'u' })).toEqual(
      [
        'REDIS_PASSWORD is set and REDIS_URL has a password too; leave one of them away',
        'REDIS_USERNAME is set and REDIS_URL has a user too; leave one of them away',
      ],
    );
  });
});
