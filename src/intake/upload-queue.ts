import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type AwsPlace, clientSettings } from '../sinks/aws-client.ts';
import { Circuit } from '../sinks/circuit.ts';
import { StreamsError } from '../topology/errors.ts';
import { judgeSqs } from './sqs-errors.ts';

/** SQS' own limits: a receive waits and brings so much at most. */
const LONG_POLL_SECONDS = 20;
const MAX_MESSAGES = 10;
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_RETRY_DELAY_MS = 5_000;

export interface UploadQueueSettings extends AwsPlace {
  readonly url: string;
  /** Requests at once, and with it sockets. */
  readonly concurrency: number;
}

export interface QueueMessage {
  readonly id: string;
  /** For this delivery alone. */
  readonly receipt: string;
  readonly body: string;
  /** How often it has been delivered, this time included. */
  readonly deliveries: number;
}

interface Abortable {
  readonly signal?: AbortSignal;
}

/**
 * The queue that S3 notifies. Whatever heals by waiting is retried until the signal fires; so is a refusal once `check` has
 * gone well, since it is an operator's change then: `trouble()` tells of both.
 */
export interface UploadQueue {
  /** Throws SQS_QUEUE_MISSING, SQS_ACCESS_DENIED… (`fail`). Deliveries after which SQS puts a message aside, if it does. */
  check(options: Abortable): Promise<{ readonly maxDeliveries: number | undefined }>;
  /** Waits up to 20 s for up to 10 messages, which nobody else gets for `visibilitySeconds`. */
  receive(options: Abortable & { readonly visibilitySeconds: number }): Promise<readonly QueueMessage[]>;
  remove(messages: readonly QueueMessage[], options: Abortable): Promise<void>;
  /** From now on nobody else gets them for so long; 0: anybody may at once. */
  hold(messages: readonly QueueMessage[], seconds: number, options: Abortable): Promise<void>;
  trouble(): { readonly reason: string; readonly sinceMs: number } | undefined;
  close(): void;
}

export function createUploadQueue(settings: UploadQueueSettings): UploadQueue {
  const { url: QueueUrl, endpoint, concurrency } = settings;
  const client = new SQSClient({
    ...clientSettings(settings, { maxSockets: concurrency }),
    useQueueUrlAsEndpoint: endpoint === undefined,
  });
  let provenRight = false;
  const circuit = new Circuit({
    timeoutMs: LONG_POLL_SECONDS * 1000 + REQUEST_TIMEOUT_MS,
    maxDelayMs: MAX_RETRY_DELAY_MS,
    transient: (error) => {
      const verdict = judgeSqs(error);
      return verdict.kind === 'transient' || provenRight ? verdict.reason : undefined;
    },
  });
  const ask = async <T>(signal: AbortSignal | undefined, request: (signal: AbortSignal) => Promise<T>) => {
    try {
      return await circuit.run(request, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const verdict = judgeSqs(error);
      if (verdict.kind !== 'refused') throw error;
      throw new StreamsError(
        verdict.code,
        'fail',
        `SQS refused the queue of uploads, ${QueueUrl}: ${verdict.reason}`,
      );
    }
  };
  const entriesOf = (messages: readonly QueueMessage[]) =>
    messages.map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt }));

  return {
    check: async ({ signal }) => {
      const { Attributes } = await ask(signal, (abortSignal) =>
        client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }), {
          abortSignal,
        }),
      );
      provenRight = true;
      return { maxDeliveries: maxReceiveCountOf(Attributes?.RedrivePolicy) };
    },
    receive: async ({ signal, visibilitySeconds }) => {
      const { Messages } = await ask(signal, (abortSignal) =>
        client.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: MAX_MESSAGES,
            VisibilityTimeout: visibilitySeconds,
            // in trouble the answer itself is the news, and others wait for it
            WaitTimeSeconds: circuit.trouble() ? 0 : LONG_POLL_SECONDS,
            MessageSystemAttributeNames: ['ApproximateReceiveCount'],
          }),
          { abortSignal },
        ),
      );
      return (Messages ?? []).map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes }) => ({
        id: MessageId,
        receipt: ReceiptHandle,
        body: Body,
        deliveries: Number(Attributes?.ApproximateReceiveCount ?? 1),
      }));
    },
    remove: async (messages, { signal }) => {
      if (messages.length === 0) return;
      const command = new DeleteMessageBatchCommand({ QueueUrl, Entries: entriesOf(messages) });
      await ask(signal, (abortSignal) => client.send(command, { abortSignal }));
    },
    hold: async (messages, seconds, { signal }) => {
      if (messages.length === 0) return;
      const Entries = entriesOf(messages).map((entry) => ({ ...entry, VisibilityTimeout: seconds }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries });
      await ask(signal, (abortSignal) => client.send(command, { abortSignal }));
    },
    trouble: () => circuit.trouble(),
    close: () => client.destroy(),
  };
}

function maxReceiveCountOf(redrivePolicy: string | undefined): number | undefined {
  if (redrivePolicy === undefined) return undefined;
  const { maxReceiveCount }: { maxReceiveCount?: unknown } = JSON.parse(redrivePolicy);
  return Number(maxReceiveCount);
}
