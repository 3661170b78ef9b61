import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SecureKafka, type Stack, startStack } from '../../dev/stack/stack.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { grant, printedAcls, secureVariables } from './harness/rights.ts';
import { runKillTest } from './harness/run.ts';
import { createRunTopics, topicVariables } from './harness/topics.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const say = (line: string) => process.stderr.write(`  ${line}\n`);

let stack: Stack;
let secure: SecureKafka;
let certificates: Certificates;

beforeAll(async () => {
  stack = await startStack({
    provider: 'native',
    components: ['kafka', 'registry', 'aws'],
    secure: true,
    progress: say,
  });
  if (!stack.secureKafka) throw new Error('the stack has no secure listener');
  secure = stack.secureKafka;
  certificates = await makeCertificates();
}, 180_000);

afterAll(async () => {
  await stack?.down();
  await certificates?.remove();
});

test('SIGKILL through TLS, SCRAM and an authorizer, with the rights that darkroom acls prints and no others', async () => {
  const images = 120;
  const report = await runKillTest(stack, {
    images,
    instances: 2,
    faults: ['kill', 'kill'],
    seed: 29,
    guarantee: 'exactly_once',
    say,
    prepare: async (environment) => {
      const acls = await printedAcls('develop', `User:${secure.username}`, environment);
      await grant(stack.addresses.kafka, acls);
      return secureVariables(secure);
    },
  });
  expect(report).toMatchObject({
    verdict: { sent: images, missing: 0, double: 0, renditionsMissing: 0 },
    notes: [],
    surprises: [],
  });
});

describe('what is wrong ends the start with a message that names the setting', () => {
  test('a password', async () => {
    const { code, message } = await start({ KAFKA_SASL_PASSWORD: 'not this one' });
    expect(code).toBe(1);
    expect(message).toMatch(/do not let this client in .* check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD/);
    expect(message).not.toMatch(/not this one/);
  });

  test('an authority', async () => {
    const { code, message } = await start({ KAFKA_SSL_CA_FILE: certificates.otherCaFile });
    expect(code).toBe(1);
    expect(message).toMatch(/TLS with the brokers .* let KAFKA_SSL_CA_FILE name the one that has/);
  });

  test('a token, and what it lets in has no rights yet', async () => {
    const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
    const expired = await startWithToken({ sub: 'somebody', iat: inSeconds(-700), exp: inSeconds(-600) });
    expect([expired.code, expired.message]).toEqual([1, expect.stringContaining('the token is refused')]);
    expect(expired.message).toMatch(/do not let this client in .* check the KAFKA_OAUTH_… variables/);
    const good = await startWithToken({ sub: 'somebody', iat: inSeconds(0), exp: inSeconds(600) });
    expect([good.code, good.message]).toEqual([1, expect.stringContaining('TOPIC_AUTHORIZATION_FAILED')]);
  });

  test('each right that a start needs and that is missing', async () => {
    const kafka = new Kafka({
      clientId: 'rights',
      brokers: [stack.addresses.kafka],
      logLevel: logLevel.NOTHING,
    });
    let rights = 1;
    for (let missing = 0; missing < rights; missing++) {
      const run = `rights-${missing}-${Date.now().toString(36)}`;
      const variables = { ...topicVariables(await createRunTopics(kafka, run)), APPLICATION_ID: run };
      const acls = await printedAcls('develop', `User:${secure.username}`, variables);
      rights = acls.length;
      if (acls[missing]?.operations.every((operation) => operation === 'Delete')) continue; // for later, and told in the log
      await grant(
        stack.addresses.kafka,
        acls.filter((_, index) => index !== missing),
      );
      const { code, message } = await start(variables);
      expect([code, message]).toEqual([
        1,
        expect.stringContaining(`User:${secure.username} has not the rights`),
      ]);
      expect(message).toContain(acls[missing]?.name);
      expect(message).toMatch(/grant what `darkroom acls` prints.*KAFKA_SASL_USERNAME/);
    }
    expect(rights).toBeGreaterThan(4);
  });
});

/** The same with a token in a file, of claims that nobody has signed. */
async function startWithToken(claims: object) {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const file = join(certificates.folder, 'token');
  await writeFile(file, `${part({ alg: 'none' })}.${part(claims)}.`);
  return start({
    KAFKA_SASL_MECHANISM: 'oauthbearer',
    KAFKA_SASL_USERNAME: '',
    KAFKA_SASL_PASSWORD: '',
    KAFKA_OAUTH_TOKEN_FILE: file,
  });
}

/** Starts the service by the secure listener, until it ends by itself. */
async function start(
  variables: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly message: string }> {
  const { PATH = '', HOME = '' } = process.env;
  const env = {
    PATH,
    HOME,
    ...stack.environment(),
    ...secureVariables(secure),
    ROLES: 'develop',
    HTTP_PORT: '0',
    WORKERS: '1',
    ...variables,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--disable-warning=TimeoutNegativeWarning', MAIN, 'start'],
      { env, timeout: 60_000 },
      (error, _out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, message: err });
      },
    );
  });
}
