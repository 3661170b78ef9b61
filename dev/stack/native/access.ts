// Who may use the local S3 and SQS: a user with a key of its own, because a wrong secret of root is accepted.
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  HeadBucketCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { StackError } from '../errors.ts';
import type { AwsAddress } from '../types.ts';

export const BUCKET = 'darkroom';
export const REGION = 'eu-central-1';
const USER = 'darkroom';
const ROOT = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Creates the user, its key and the versioned bucket; returns what the service needs to use them. */
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
    return access;
  } finally {
    iam.destroy();
  }
}

/** Whether a key of an earlier run on the same folder still opens the bucket. */
export async function opensBucket(access: AwsAddress): Promise<boolean> {
  const s3 = s3Client(access);
  try {
    await s3.send(new HeadBucketCommand({ Bucket: BUCKET }));
    return true;
  } catch {
    return false;
  } finally {
    s3.destroy();
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

function s3Client({ endpoint, region, accessKeyId, secretAccessKey }: AwsAddress): S3Client {
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
  });
}
