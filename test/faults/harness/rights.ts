import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import type { SecureKafka } from '../../../dev/stack/stack.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } =
  kafkajs;

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

/** A line of `darkroom acls --format json`. */
export interface PrintedAcl {
  readonly principal: string;
  readonly resource: 'topic' | 'group' | 'transactional-id' | 'cluster';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operations: readonly (
    | 'Read'
    | 'Write'
    | 'Create'
    | 'Describe'
    | 'Delete'
    | 'DescribeConfigs'
    | 'IdempotentWrite'
  )[];
}

/** What `darkroom acls` prints for a role with these variables. */
export async function printedAcls(
  role: string,
  principal: string,
  environment: Readonly<Record<string, string>>,
): Promise<readonly PrintedAcl[]> {
  const args = [MAIN, 'acls', '--roles', role, '--principal', principal, '--format', 'json'];
  const { PATH = '', HOME = '' } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { PATH, HOME, ...environment },
  });
  const acls: PrintedAcl[] = JSON.parse(stdout);
  return acls;
}

const RESOURCES = {
  topic: AclResourceTypes.TOPIC,
  group: AclResourceTypes.GROUP,
  'transactional-id': AclResourceTypes.TRANSACTIONAL_ID,
  cluster: AclResourceTypes.CLUSTER,
};
const OPERATIONS = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Delete: AclOperationTypes.DELETE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
  IdempotentWrite: AclOperationTypes.IDEMPOTENT_WRITE,
};
const PATTERNS = { literal: ResourcePatternTypes.LITERAL, prefixed: ResourcePatternTypes.PREFIXED };

/** Grants, and nothing else, what was printed; by the listener of those who may. */
export async function grant(brokers: string, acls: readonly PrintedAcl[]): Promise<void> {
  const admin = new Kafka({ clientId: 'rights', brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await admin.createAcls({
      acl: acls.flatMap(({ resource, name, pattern, operations, principal }) =>
        operations.map((operation) => ({
          resourceType: RESOURCES[resource],
          resourceName: name,
          resourcePatternType: PATTERNS[pattern],
          principal,
          host: '*',
          operation: OPERATIONS[operation],
          permissionType: AclPermissionTypes.ALLOW,
        })),
      ),
    });
  } finally {
    await admin.disconnect();
  }
}

/** The variables of a service that comes by the secure listener. */
export const secureVariables = ({ brokers, caFile, username, password }: SecureKafka) => ({
  KAFKA_BROKERS: brokers,
  KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
  KAFKA_SSL_CA_FILE: caFile,
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
  KAFKA_SASL_USERNAME: username,
  KAFKA_SASL_PASSWORD: password,
});
