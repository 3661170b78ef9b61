import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Stack } from '../../../dev/stack/stack.ts';

/** The second time it comes when the first may be done already. */
const AGAIN_AFTER_SECONDS = 2;

/** A queue to which what S3 says in another one comes twice, word for word. */
export class NotifiedTwice {
  readonly queueUrl: string;
  readonly #sqs: SQSClient;
  #stopped = false;
  #passing: Promise<void> = Promise.resolve();
  #passed = 0;

  private constructor(sqs: SQSClient, queueUrl: string) {
    this.#sqs = sqs;
    this.queueUrl = queueUrl;
  }

  static async open(stack: Stack, name: string): Promise<NotifiedTwice> {
    const { endpoint, region, accessKeyId, secretAccessKey } = stack.addresses.sqs;
    const sqs = new SQSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    return new NotifiedTwice(sqs, QueueUrl);
  }

  /** Notifications of uploads so far. */
  get passed(): number {
    return this.#passed;
  }

  /** Passes on what comes to the other queue, until `close`. */
  begin(from: string): void {
    this.#passing = this.#pass(from);
    this.#passing.catch(() => {}); // seen by close
  }

  async close(): Promise<void> {
    this.#stopped = true;
    await this.#passing;
    this.#sqs.destroy();
  }

  async #pass(from: string): Promise<void> {
    while (!this.#stopped) {
      const receive = new ReceiveMessageCommand({ QueueUrl: from, MaxNumberOfMessages: 10 });
      const { Messages = [] } = await this.#sqs.send(receive);
      for (const { Body: MessageBody, ReceiptHandle } of Messages) {
        const message = { QueueUrl: this.queueUrl, MessageBody };
        await this.#sqs.send(new SendMessageCommand(message));
        await this.#sqs.send(new SendMessageCommand({ ...message, DelaySeconds: AGAIN_AFTER_SECONDS }));
        await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle }));
        if (MessageBody?.includes('"Records"')) this.#passed++; // not what S3 says when it is set up
      }
      if (Messages.length === 0) await delay(50);
    }
  }
}
