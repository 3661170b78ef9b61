import type { Admin, Consumer, Kafka, Producer } from 'kafkajs';
import { errorsIn, StreamsError, type TlsProblem, tlsProblemOf } from '../errors.ts';
import type { KafkaSettings } from './settings.ts';

const SASL_TYPES = new Set([
  'SASL_AUTHENTICATION_FAILED',
  'ILLEGAL_SASL_STATE',
  'UNSUPPORTED_SASL_MECHANISM',
]);

const TLS_ADVICE: Readonly<Record<TlsProblem, string>> = {
  untrusted:
    "no authority that this client knows has signed the broker's certificate. What to do: let KAFKA_SSL_CA_FILE name the one that has",
  'out-of-date':
    "the broker's certificate is not valid at this time. What to do: renew it; KAFKA_SSL_CA_FILE may need its new authority",
  'other-name':
    "the broker's certificate is for other names. What to do: let KAFKA_BROKERS, and what the brokers advertise, have a name that is in it",
  'no-tls':
    'what answers does not speak TLS. What to do: correct KAFKA_SECURITY_PROTOCOL, or the port in KAFKA_BROKERS',
  'certificate-refused':
    'the broker does not take our certificate. What to do: correct KAFKA_SSL_CERTIFICATE_FILE and KAFKA_SSL_KEY_FILE',
  other: 'What to do: check KAFKA_SSL_CA_FILE, KAFKA_SSL_CERTIFICATE_FILE and KAFKA_SECURITY_PROTOCOL',
};

/** What a call was about, for the case that it is not allowed. */
export interface CallSubject {
  readonly brokers: readonly string[];
  readonly sasl?: KafkaSettings['sasl'];
  readonly topics?: readonly string[];
  readonly groupId?: string;
  readonly transactionalId?: string;
}

/**
 * What keeps this client out, and waiting does not heal: KAFKA_AUTHENTICATION, KAFKA_TLS or KAFKA_NOT_AUTHORIZED, whose messages
 * name the setting to correct. Undefined where an error means anything else.
 */
export function refusalOf(error: unknown, subject: CallSubject): StreamsError | undefined {
  const all = [...errorsIn(error)];
  const known = all.find((one) => one instanceof StreamsError);
  if (known) return known;
  const where = subject.brokers.join(', ');
  const tls = tlsProblemOf(error);
  if (tls !== undefined) {
    const text = `TLS with the brokers at ${where} did not come about (${wordsOf(error)}): ${TLS_ADVICE[tls]}`;
    return new StreamsError('KAFKA_TLS', 'fail', text, { cause: error });
  }
  for (const one of all) {
    const type: unknown = Reflect.get(one, 'type');
    if (one.name === 'KafkaJSSASLAuthenticationError' || (typeof type === 'string' && SASL_TYPES.has(type)))
      return notAuthenticated(one, error, subject);
    if (typeof type === 'string' && type.endsWith('_AUTHORIZATION_FAILED'))
      return notAuthorized(type, one, error, subject);
  }
  return undefined;
}

/** KAFKA_AUTHENTICATION; `found` says why in its words. */
export function notAuthenticated(found: Error, cause: unknown, { brokers, sasl }: CallSubject): StreamsError {
  const settings =
    sasl?.mechanism === 'oauthbearer'
      ? 'the KAFKA_OAUTH_… variables (for aws-msk-iam: AWS_REGION and the AWS key or role)'
      : 'KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD';
  return new StreamsError(
    'KAFKA_AUTHENTICATION',
    'fail',
    `the brokers at ${brokers.join(', ')} do not let this client in (${found.message}). What to do: check ${settings}, and that ` +
      'KAFKA_SASL_MECHANISM is one that they offer',
    { cause },
  );
}

function notAuthorized(type: string, found: Error, cause: unknown, subject: CallSubject): StreamsError {
  const { sasl } = subject;
  const who = sasl && 'username' in sasl ? `User:${sasl.username}` : 'this client';
  return new StreamsError(
    'KAFKA_NOT_AUTHORIZED',
    'fail',
    `${who} has not the rights that it needs on ${resourceOf(type, found, subject)} (${type}). What to do: grant what ` +
      '`darkroom acls` prints, or correct who this is (KAFKA_SASL_USERNAME, the subject of the token, or the certificate in KAFKA_SSL_CERTIFICATE_FILE)',
    { cause },
  );
}

function resourceOf(
  type: string,
  found: Error,
  { topics = [], groupId, transactionalId }: CallSubject,
): string {
  const one: unknown = Reflect.get(found, 'topic'); // KafkaJS rarely says which
  switch (type) {
    case 'TOPIC_AUTHORIZATION_FAILED': {
      const names = typeof one === 'string' ? [one] : [...new Set(topics)];
      if (names.length === 0) return 'a topic';
      return names.length === 1 ? `the topic ${names[0]}` : `one of the topics ${names.join(', ')}`;
    }
    case 'GROUP_AUTHORIZATION_FAILED':
      return groupId === undefined ? 'a consumer group' : `the consumer group ${groupId}`;
    case 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED':
      return transactionalId === undefined ? 'a transactional id' : `the transactional id ${transactionalId}`;
    default:
      return 'the cluster';
  }
}

/** The innermost words, without those of the attempts around them. */
const wordsOf = (error: unknown): string => [...errorsIn(error)].at(-1)?.message ?? String(error);

/**
 * Lets the clients that `kafka` makes from now on throw refusals instead of KafkaJS' errors, which name neither the resource nor
 * a setting. All other errors pass unchanged.
 */
export function explainRefusals(kafka: Kafka, { brokers, sasl }: KafkaSettings): void {
  const who: CallSubject = { brokers, ...(sasl && { sasl }) };
  const { admin, producer, consumer } = kafka;
  kafka.admin = (config) => explain(admin.call(kafka, config), who);
  kafka.producer = (config) => {
    const id = config?.transactionalId;
    const subject = { ...who, ...(id !== undefined && { transactionalId: id }) };
    const client: Producer = explain(producer.call(kafka, config), subject);
    const begin = client.transaction;
    client.transaction = async () => explain(await begin(), subject);
    return client;
  };
  kafka.consumer = (config) =>
    explainConsumer(consumer.call(kafka, config), { ...who, groupId: config.groupId });
}

/** A consumer that may not join, or read, crashes: KafkaJS tells that by an event alone. */
function explainConsumer(consumer: Consumer, subject: CallSubject): Consumer {
  const topics = new Set<string>();
  const here = () => ({ ...subject, topics: [...topics] });
  const { on, subscribe, run } = explain(consumer, subject, here);
  let refusal: StreamsError | undefined;
  on(consumer.events.CRASH, ({ payload }) => {
    refusal = refusalOf(payload.error, here());
    if (refusal) Reflect.set(payload, 'error', refusal); // for those who listen after this one
  });
  consumer.subscribe = async (subscription) => {
    for (const topic of topicsOf([subscription])) topics.add(topic);
    await subscribe(subscription);
  };
  consumer.run = async (config) => {
    await run(config);
    if (refusal) throw refusal;
  };
  return consumer;
}

type Calls = Admin | Producer | Consumer | Awaited<ReturnType<Producer['transaction']>>;

/** Turns what the methods of `client` reject with into refusals, where they are some. */
function explain<T extends Calls>(
  client: T,
  subject: CallSubject,
  more: () => CallSubject = () => subject,
): T {
  for (const [name, method] of Object.entries(client)) {
    if (typeof method !== 'function') continue;
    Reflect.set(client, name, (...args: unknown[]) => {
      const result: unknown = Reflect.apply(method, client, args);
      if (!(result instanceof Promise)) return result;
      return result.catch((error: unknown) => {
        const known = more();
        const asked = { ...known, topics: topicsOf(args), ...groupOf(name, args) };
        throw (
          refusalOf(error, asked.topics.length > 0 ? asked : { ...asked, topics: known.topics ?? [] }) ??
          error
        );
      });
    });
  }
  return client;
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The topics that a call names, in the forms that KafkaJS' requests have. */
function topicsOf([request]: readonly unknown[]): readonly string[] {
  const entries = [
    request,
    fieldOf(request, 'topic'),
    ...listOf(request),
    ...listOf(fieldOf(request, 'topics')),
    ...listOf(fieldOf(request, 'topicMessages')),
  ];
  return entries
    .map((entry) => (typeof entry === 'string' ? entry : fieldOf(entry, 'topic')))
    .filter((topic) => typeof topic === 'string');
}

function groupOf(method: string, [request]: readonly unknown[]): Pick<CallSubject, 'groupId'> {
  const groups = method === 'describeGroups' || method === 'deleteGroups' ? listOf(request) : [];
  const groupId = groups[0] ?? fieldOf(request, 'groupId') ?? fieldOf(request, 'consumerGroupId');
  return typeof groupId === 'string' ? { groupId } : {};
}
