import { policiesConfig } from '../config/compile.ts';
import { createLogger } from '../observability/logger.ts';
import type { ImagePolicy } from '../serdes/image-policy.generated.ts';
import { connectProducer } from '../topology/kafka/clients.ts';
import { readTopic } from '../topology/kafka/read-topic.ts';
import { requireTopicNames } from '../topology/kafka/topics.ts';
import { withAdmin } from './kafka-admin.ts';
import { kafkaSettings } from './kafka-settings.ts';
import { pipelineWarning } from './pipeline-warning.ts';
import { registryCodec } from './registry-codec.ts';
import { Failure, type Terminal } from './terminal.ts';

/** What a policy says; what is absent is as the service allows. */
export interface PolicyLimits {
  readonly formats?: readonly string[];
  readonly maxBytes?: number;
  readonly maxPixels?: number;
  readonly maxFrames?: number;
  readonly maxSide?: number;
  readonly maxRatio?: number;
  readonly maxDecoderMemory?: number;
  readonly pipeline?: string;
  readonly renditionFormats?: readonly string[];
  readonly camera?: true;
}

/** Prints every policy. Throws Failure when one cannot be read. */
export async function listPolicies(options: { readonly json?: true }, terminal: Terminal): Promise<void> {
  const policies = await new Policies(terminal).read();
  for (const [customer, policy] of [...policies].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    terminal.out(`${options.json ? JSON.stringify({ customer, ...policy }) : line(customer, policy)}\n`);
  }
  if (policies.size === 0 && !options.json) terminal.out('no customer has a policy\n');
}

export async function setPolicy(
  customer: string,
  asked: PolicyLimits,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<void> {
  const warning = await pipelineWarning(asked.pipeline, terminal.env);
  if (warning) terminal.err(`darkroom: ${warning}\n`);
  const policies = new Policies(terminal);
  const before = (await policies.read()).get(customer);
  const policy: ImagePolicy = {
    version: (before?.version ?? 0) + 1,
    formats: asked.formats ?? null,
    maxBytes: asked.maxBytes ?? null,
    maxPixels: asked.maxPixels ?? null,
    maxFrames: asked.maxFrames ?? null,
    maxSidePx: asked.maxSide ?? null,
    maxRatio: asked.maxRatio ?? null,
    maxDecoderBytes: asked.maxDecoderMemory ?? null,
    pipeline: asked.pipeline ?? null,
    renditionFormats: asked.renditionFormats ?? null,
    camera: asked.camera ?? null,
    updatedAt: Date.now(),
  };
  await policies.write(customer, policy);
  terminal.out(`${options.json ? JSON.stringify({ customer, ...policy }) : line(customer, policy)}\n`);
}

export async function deletePolicy(customer: string, terminal: Terminal): Promise<void> {
  const policies = new Policies(terminal);
  if (!(await policies.read()).has(customer))
    throw new Failure(`${customer} has no policy; \`darkroom policies list\` shows who has`);
  await policies.write(customer, null);
  terminal.out(`${customer} has no policy any more\n`);
}

/** The topic of policies, read and written once. */
class Policies {
  readonly #terminal: Terminal;
  readonly #config: ReturnType<typeof policiesConfig>;
  readonly #logger = createLogger({ level: 'silent' });

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#config = policiesConfig(terminal.env);
  }

  async read(): Promise<Map<string, ImagePolicy>> {
    const { registry, topics } = this.#config;
    const kafka = kafkaSettings(this.#config.kafka);
    const codec = registryCodec(registry, topics);
    const newest = new Map<string, Buffer>();
    await withAdmin(kafka, this.#logger, async (admin) =>
      requireTopicNames([topics.policies], await admin.topics([topics.policies])),
    );
    await readTopic(
      kafka,
      topics.policies,
      {
        begin: () => {},
        take: async (_range, records) => {
          for (const { key, value } of records) {
            if (key === null) continue;
            if (value === null) newest.delete(key.toString());
            else newest.set(key.toString(), value);
          }
        },
      },
      { logger: this.#logger, signal: this.#terminal.stop },
    );
    const policies = new Map<string, ImagePolicy>();
    for (const [customer, bytes] of newest) {
      const policy = await codec.decodePolicy(bytes);
      if (!policy.ok)
        throw new Failure(
          `the policy of ${customer} cannot be read: ${policy.reason}. What to do: set it again`,
        );
      policies.set(customer, policy.value);
    }
    return policies;
  }

  async write(customer: string, policy: ImagePolicy | null): Promise<void> {
    const { registry, topics } = this.#config;
    const codec = registryCodec(registry, topics);
    if (policy) await codec.start();
    const producer = await connectProducer(kafkaSettings(this.#config.kafka), this.#logger);
    try {
      await producer.send([
        {
          topic: topics.policies,
          key: Buffer.from(customer),
          value: policy && codec.encodePolicy(policy),
          timestamp: Date.now(),
          headers: [],
        },
      ]);
    } finally {
      await producer.close();
    }
  }
}

function line(customer: string, policy: ImagePolicy): string {
  const { formats, maxBytes, maxPixels, maxFrames, maxSidePx, maxRatio, maxDecoderBytes } = policy;
  const said = [
    formats && `formats ${formats.join(',')}`,
    maxBytes !== null && `at most ${maxBytes} bytes`,
    maxPixels !== null && `at most ${maxPixels} pixels`,
    maxFrames !== null && `at most ${maxFrames} frames`,
    maxSidePx !== null && `at most ${maxSidePx} pixels a side`,
    maxRatio !== null && `at most ${maxRatio} decoded bytes a byte`,
    maxDecoderBytes !== null && `at most ${maxDecoderBytes} bytes of decoder memory`,
    policy.pipeline !== null && `pipeline ${policy.pipeline}`,
    policy.renditionFormats && `renditions ${policy.renditionFormats.join(',')}`,
    policy.camera && 'camera told',
  ].filter(Boolean);
  return `${customer}  version ${policy.version}  ${said.join(', ') || 'nothing of its own'}`;
}
