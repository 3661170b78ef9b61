// What the local S3 and SQS hold for Darkroom: a bucket, the queue that it notifies of uploads, and a user with a key of its own,
// because a wrong secret of root is accepted.
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  HeadBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { StackError } from '../errors.ts';
import type { AwsAddress } from '../types.ts';

export const BUCKET = 'darkroom';
export const REGION = 'eu-central-1';
const USER = 'darkroom';
const QUEUE = 'darkroom-uploads';
/** Deliveries after which SQS puts a message aside. */
const MAX_RECEIVE_COUNT = 5;
const DEAD_LETTERS_KEPT_SECONDS = 14 * 24 * 60 * 60;
const ACCOUNT = '000000000000';
const ROOT = { accessKeyId: 'test', secretAccessKey: 'test' };

/** The queue that S3 notifies of uploads, below an endpoint. */
export const uploadsQueueUrl = (endpoint: string): string => `${endpoint}/${ACCOUNT}/${QUEUE}`;

/** Creates the user, its key, the versioned bucket and its queue; returns what the service needs to use them. */
export async function createAccess(endpoint: string): Promise<AwsAddress> {
  const iam = new IAMClient({ endpoint, region: REGION, credentials: ROOT });
  try {
    await iam.send(new CreateUserCommand({ UserName: USER })).catch((error: Error) => {
      if (error.name !== 'EntityAlreadyExistsException') throw error;
    });
    await iam.send(
      new AttachUserPolicyCommand({
        UserName: USER,
        PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
      }),
    );
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: USER }));
    if (!AccessKey?.AccessKeyId || !AccessKey.SecretAccessKey) {
      throw new StackError('The local IAM returned no access key. Start the stack again.');
    }
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = AccessKey;
    const access = { endpoint, region: REGION, accessKeyId, secretAccessKey };
    await createBucket(access);
    await notifyOfUploads(access);
    return access;
  } finally {
    iam.destroy();
  }
}

/** Whether a key of an earlier run on the same folder still opens the bucket and the queue. */
export async function opensAll(access: AwsAddress): Promise<boolean> {
  const s3 = s3Client(access);
  const sqs = sqsClient(access);
  try {
    await s3.send(new HeadBucketCommand({ Bucket: BUCKET }));
    await sqs.send(new GetQueueAttributesCommand({ QueueUrl: uploadsQueueUrl(access.endpoint) }));
    return true;
  } catch {
    return false;
  } finally {
    s3.destroy();
    sqs.destroy();
  }
}

async function createBucket(access: AwsAddress): Promise<void> {
  const s3 = s3Client(access);
  try {
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET })).catch((error: Error) => {
      if (error.name !== 'BucketAlreadyOwnedByYou') throw error;
    });
    await s3.send(
      new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }),
    );
  } finally {
    s3.destroy();
  }
}

/** The queue with its dead-letter queue, the right of S3 to write to it, and the notification of uploads. */
async function notifyOfUploads(access: AwsAddress): Promise<void> {
  const sqs = sqsClient(access);
  const s3 = s3Client(access);
  const arnOf = (queue: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${queue}`;
  const deadLetters = `${QUEUE}-dead-letter`;
  try {
    await sqs.send(
      new CreateQueueCommand({
        QueueName: deadLetters,
        Attributes: { MessageRetentionPeriod: String(DEAD_LETTERS_KEPT_SECONDS) },
      }),
    );
    await sqs.send(
      new CreateQueueCommand({
        QueueName: QUEUE,
        Attributes: {
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: arnOf(deadLetters),
            maxReceiveCount: MAX_RECEIVE_COUNT,
          }),
          Policy: JSON.stringify({
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 's3.amazonaws.com' },
                Action: 'sqs:SendMessage',
                Resource: arnOf(QUEUE),
                Condition: { ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${BUCKET}` } },
              },
            ],
          }),
        },
      }),
    );
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: BUCKET,
        NotificationConfiguration: {
          QueueConfigurations: [
            {
              QueueArn: arnOf(QUEUE),
              Events: ['s3:ObjectCreated:*'],
              Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'incoming/' }] } },
            },
          ],
        },
      }),
    );
  } finally {
    sqs.destroy();
    s3.destroy();
  }
}

function sqsClient({ endpoint, region, accessKeyId, secretAccessKey }: AwsAddress): SQSClient {
  return new SQSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
}

function s3Client({ endpoint, region, accessKeyId, secretAccessKey }: AwsAddress): S3Client {
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
  });
}
