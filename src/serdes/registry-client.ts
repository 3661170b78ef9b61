import { Agent } from 'node:https';
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import avro from 'avsc';
import { StreamsError, tlsProblemOf } from '../topology/errors.ts';
import { isRecord } from './json.ts';
import { requestText } from './request.ts';

export interface RegistryOptions {
  /** Base address of the Confluent API, with its path where it has one (Apicurio: `…/apis/ccompat/v7`). */
  readonly url: string;
  readonly auth?: { readonly username: string; readonly password: string };
  /** Bearer token, instead of `auth`. */
  readonly token?: string;
  /** PEM of the authorities that may have signed its certificate; absent: those that Node knows. */
  readonly ca?: string;
  /** One request may take this long, ms. */
  readonly requestTimeoutMs: number;
}

/** What a schema's id means. */
export type FoundSchema = { readonly type: avro.Type } | { readonly unusable: string };

const noAvro = (id: number): FoundSchema => ({ unusable: `schema ${id} is no Avro schema` });

const CONFLICT = 409;
const SCHEMA_NOT_FOUND = 40403; // error_code of the Confluent API, Apicurio gives it too

/** The registry client of KafkaJS with what it lacks: a time-out, and errors that tell an outage from a bad record. */
export class RegistryClient {
  readonly #options: RegistryOptions;
  readonly #registry: SchemaRegistry;
  /** Those that were registered here are known without asking. */
  readonly #registered = new Map<number, FoundSchema>();
  #trouble: { reason: string; sinceMs: number } | undefined;

  constructor(options: RegistryOptions) {
    this.#options = { ...options, url: options.url.replace(/\/+$/, '') };
    const { requestTimeoutMs: timeout, auth, token, ca } = options;
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    // Given `retry`, the client would change its defaults for every instance of the process: it is left out.
    this.#registry = new SchemaRegistry({
      host: this.#options.url,
      ...(auth ? { auth: { ...auth } } : {}),
      ...(options.url.startsWith('https:') && {
        agent: new Agent({ rejectUnauthorized: true, ...(ca !== undefined && { ca }) }),
      }),
      middlewares: [
        () => ({ prepareRequest: (next) => next().then((request) => request.enhance({ timeout, headers })) }),
      ],
    });
  }

  /**
   * Registers a schema and returns its id. A subject without a compatibility level gets BACKWARD first, because Apicurio
   * answers NONE where nothing is set; a level that an operator chose stays.
   */
  async register(subject: string, schemaJson: string): Promise<number> {
    try {
      const compatibility = await this.#compatibilityOf(subject);
      const schema = { type: SchemaType.AVRO as const, schema: schemaJson };
      const { id } = await this.#registry.register(schema, { subject, compatibility });
      this.#trouble = undefined;
      this.#registered.set(id, { type: avro.Type.forSchema(JSON.parse(schemaJson)) });
      return id;
    } catch (error) {
      throw this.#registrationError(subject, error);
    }
  }

  /**
   * The schema of an id, or why it is of no use, which no waiting mends; undefined when the registry knows none. Throws
   * REGISTRY_UNREACHABLE, disposition `retry`.
   */
  async findSchema(id: number): Promise<FoundSchema | undefined> {
    const known = this.#registered.get(id);
    if (known) return known;
    try {
      const { status, body } = await this.#request('GET', `/schemas/ids/${id}`);
      // a 404 may also come from a proxy or a wrong path; only the registry's own error code makes the record bad
      const isUnknown = status === 404 && isRecord(body) && body.error_code === SCHEMA_NOT_FOUND;
      if (!isUnknown && (status !== 200 || !isRecord(body) || typeof body.schema !== 'string')) {
        throw new RegistryAnswer(status, body);
      }
      const found = isUnknown ? undefined : await this.#typeOf(id, body);
      this.#trouble = undefined;
      return found;
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  /** Rejects where the registry does not answer. */
  async #typeOf(
    id: number,
    { schema, schemaType, references }: Record<string, unknown>,
  ): Promise<FoundSchema> {
    if (isSaid(schemaType) && schemaType !== SchemaType.AVRO) return noAvro(id);
    try {
      // the client asks for what a schema refers to, and fits it in
      const isWhole = !Array.isArray(references) || references.length === 0;
      const type = isWhole
        ? avro.Type.forSchema(JSON.parse(String(schema)))
        : await this.#registry.getSchema(id);
      return isAvro(type) ? { type } : noAvro(id);
    } catch (error) {
      if (statusOf(error) !== undefined) throw error;
      return { unusable: `schema ${id} cannot be read: ${messageOf(error)}` };
    }
  }

  /** Undefined while the registry answers, else why it does not and since when, ms since the epoch. */
  trouble(): { readonly reason: string; readonly sinceMs: number } | undefined {
    return this.#trouble;
  }

  /** Forgets all schemas; the client's own cache has no bound. */
  forget(): void {
    this.#registry.cache.clear();
  }

  async #compatibilityOf(subject: string, attemptsLeft = 3): Promise<COMPATIBILITY> {
    const path = `/config/${encodeURIComponent(subject)}`;
    const current = await this.#request('GET', path);
    const level = isRecord(current.body) ? current.body.compatibilityLevel : undefined;
    const chosen = Object.values(COMPATIBILITY).find((known) => known === level);
    if (chosen !== undefined && chosen !== COMPATIBILITY.NONE) return chosen;
    if (current.status !== 200 && current.status !== 404)
      throw new RegistryAnswer(current.status, current.body);
    const put = await this.#request('PUT', path, { compatibility: COMPATIBILITY.BACKWARD });
    // another instance has set it between our question and this: ask again
    if (put.status === CONFLICT && attemptsLeft > 0) return this.#compatibilityOf(subject, attemptsLeft - 1);
    if (put.status !== 200) throw new RegistryAnswer(put.status, put.body);
    return COMPATIBILITY.BACKWARD;
  }

  async #request(method: string, path: string, content?: object): Promise<{ status: number; body: unknown }> {
    const { auth, token, ca, url, requestTimeoutMs: timeoutMs } = this.#options;
    const basic = auth && `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
    const authorization = token === undefined ? basic : `Bearer ${token}`;
    const { status, text } = await requestText(`${url}${path}`, {
      method,
      timeoutMs,
      headers: {
        'content-type': 'application/vnd.schemaregistry.v1+json',
        ...(authorization && { authorization }),
      },
      ...(ca === undefined ? {} : { ca }),
      ...(content ? { body: JSON.stringify(content) } : {}),
    });
    try {
      return { status, body: JSON.parse(text) };
    } catch {
      return { status, body: text };
    }
  }

  #registrationError(subject: string, error: unknown): StreamsError {
    const status = statusOf(error);
    const words = messageOf(error);
    if (status === CONFLICT) {
      return new StreamsError(
        'SCHEMA_INCOMPATIBLE',
        'fail',
        `the registry refuses this version's schema of ${subject}: ${words}. What to do: run a version whose schema fits ` +
          `the registered ones, or change the subject's compatibility level on purpose.`,
        { cause: error },
      );
    }
    if (status === 401 || status === 403 || status === 422) {
      return new StreamsError(
        'REGISTRY_REFUSED',
        'fail',
        `the registry at ${this.#options.url} refuses to register ${subject} (status ${status}): ${words}. What to do: ` +
          'check SCHEMA_REGISTRY_USERNAME with SCHEMA_REGISTRY_PASSWORD, or SCHEMA_REGISTRY_TOKEN, and what they allow.',
        { cause: error },
      );
    }
    return this.#unreachable(error);
  }

  #unreachable(error: unknown): StreamsError {
    const tls = tlsProblemOf(error);
    if (tls !== undefined) {
      return new StreamsError(
        'REGISTRY_REFUSED',
        'fail',
        `TLS with the registry at ${this.#options.url} did not come about (${messageOf(error)}). What to do: ` +
          (tls === 'other-name'
            ? 'let SCHEMA_REGISTRY_URL have a name that is in its certificate.'
            : 'let SCHEMA_REGISTRY_CA_FILE name the authority that has signed its certificate.'),
        { cause: error },
      );
    }
    this.#trouble = { reason: messageOf(error), sinceMs: this.#trouble?.sinceMs ?? Date.now() };
    return new StreamsError(
      'REGISTRY_UNREACHABLE',
      'retry',
      `the schema registry at ${this.#options.url} does not answer as one: ${messageOf(error)}. What to do: check that it ` +
        'runs and that the address has the path of its Confluent API.',
      { cause: error },
    );
  }
}

/** An answer of the registry that is no success. */
class RegistryAnswer extends Error {
  readonly status: number;

  constructor(status: number, body: unknown) {
    super(isRecord(body) && typeof body.message === 'string' ? body.message : `status ${status}`);
    this.status = status;
  }
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== null;
const isAvro = (schema: unknown): schema is avro.Type => avro.Type.isType(schema);

function statusOf(error: unknown): number | undefined {
  return isRecord(error) && typeof error.status === 'number' ? error.status : undefined;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
