import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Words of others that look like our codes: Kafka's errors, lifecycle states, an option of the S3 client, Node's codes for TLS. */
const NOT_OURS = [
  'DARKROOM_STACK', // variables of the local stack
  'DARKROOM_IMAGE',
  'DARKROOM_SERVICE', // tells a step's program whose it is
  'CLUSTER_AUTHORIZATION_FAILED',
  'CONCURRENT_TRANSACTIONS',
  'DUPLICATE_SEQUENCE_NUMBER',
  'GROUP_AUTHORIZATION_FAILED',
  'GROUP_ID_NOT_FOUND',
  'ILLEGAL_SASL_STATE',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'MESSAGE_TOO_LARGE',
  'NON_EMPTY_GROUP',
  'NOT_READY',
  'NOT_RUNNING',
  'OFFSET_OUT_OF_RANGE',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'PENDING_ERROR',
  'PENDING_SHUTDOWN',
  'PRODUCER_FENCED',
  'RECORD_LIST_TOO_LARGE',
  'SASL_AUTHENTICATION_FAILED',
  'TOPIC_ALREADY_EXISTS',
  'TOPIC_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'UNKNOWN_PRODUCER_ID',
  'UNSUPPORTED_SASL_MECHANISM',
  'WHEN_REQUIRED',
  'SASL_PLAINTEXT', // Kafka's security protocols
  'SASL_SSL',
  'CERT_HAS_EXPIRED', // of Node, for TLS
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** Beginnings of codes that are compared with, not made. */
const isPrefixOf = (codes: ReadonlySet<string>, word: string) =>
  !codes.has(word) && [...codes].some((code) => code.startsWith(`${word}_`));

const files = globSync('src/**/*.ts', { cwd: root }).filter(
  (path) => !/generated|config.(kafka-)?variables\.ts$/.test(path),
);
const inSources = new Set(
  files.flatMap((path) =>
    [...read(path).matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)].map(([, word = '']) => word),
  ),
);
const rows = [...read('docs/errors.md').matchAll(/^\| `([A-Z0-9_]+)` +\|(.*)\|(.*)\|$/gm)];
const documented = new Set(rows.map(([, code = '']) => code));

describe('docs/errors.md', () => {
  it('has every code of the sources', () => {
    const missing = [...inSources].filter(
      (word) => !documented.has(word) && !NOT_OURS.includes(word) && !isPrefixOf(documented, word),
    );
    expect(missing).toEqual([]);
  });

  it('has no code that is not in the sources, and excuses no word that is not there', () => {
    expect([...documented, ...NOT_OURS].filter((code) => !inSources.has(code))).toEqual([]);
  });

  it('has each code once, with what is wrong and what to do', () => {
    expect(rows).toHaveLength(documented.size);
    for (const [, code, wrong, toDo] of rows) expect([code, wrong?.trim(), toDo?.trim()]).not.toContain('');
  });
});
