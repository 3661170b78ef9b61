import { CreateBucketCommand, PutBucketNotificationConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Stack } from '../../dev/stack/stack.ts';

/** A bucket of a test's own that notifies a queue of its own, with a dead-letter queue. */
export interface UploadsBucket {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly bucket: string;
  readonly queueUrl: string;
  readonly deadLettersUrl: string;
  /** Messages that wait and messages that somebody has in hand. */
  messagesIn(url: string): Promise<{ readonly waiting: number; readonly inHand: number }>;
  close(): void;
}

/** @param maxReceiveCount deliveries after which a message is put aside */
export async function createUploadsBucket(
  stack: Stack,
  name: string,
  maxReceiveCount: number,
): Promise<UploadsBucket> {
  const { endpoint, region, accessKeyId, secretAccessKey } = stack.addresses.sqs;
  const place = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  const s3 = new S3Client({ ...place, forcePathStyle: true });
  const sqs = new SQSClient(place);
  const attributesOf = async (url: string) => {
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
    return (await sqs.send(command)).Attributes ?? {};
  };
  const createQueue = async (queue: string, attributes: Record<string, string>) => {
    const { QueueUrl: url = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: queue, Attributes: attributes }),
    );
    return { url, arn: (await attributesOf(url)).QueueArn ?? '' };
  };
  const letters = await createQueue(`${name}-dead-letter`, {});
  const queue = await createQueue(name, {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: letters.arn, maxReceiveCount }),
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 's3.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: letters.arn.replace('-dead-letter', ''),
        },
      ],
    }),
  });
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: name,
      NotificationConfiguration: {
        QueueConfigurations: [
          {
            QueueArn: queue.arn,
            Events: ['s3:ObjectCreated:*'],
            Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'incoming/' }] } },
          },
        ],
      },
    }),
  );
  return {
    s3,
    sqs,
    bucket: name,
    queueUrl: queue.url,
    deadLettersUrl: letters.url,
    messagesIn: async (url) => {
      const attributes = await attributesOf(url);
      return {
        waiting: Number(attributes.ApproximateNumberOfMessages),
        inHand: Number(attributes.ApproximateNumberOfMessagesNotVisible),
      };
    },
    close: () => {
      s3.destroy();
      sqs.destroy();
    },
  };
}
