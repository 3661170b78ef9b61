// The stack as ordinary processes: Java for the broker and the registry, Python for S3 and SQS, Redis, PostgreSQL. Nothing needs root.
import { type Parts, type Site, startLocalStack } from '../local-stack.ts';
import { COMPONENTS, type Stack, type StackOptions } from '../types.ts';
import { requireTools } from './artefacts.ts';
import { awsService } from './aws.ts';
import { kafkaService } from './kafka.ts';
import { postgresService } from './postgres.ts';
import { redisService } from './redis.ts';
import { registryService } from './registry.ts';

export async function startNativeStack(options: StackOptions): Promise<Stack> {
  await requireTools(options.components ?? COMPONENTS);
  return startLocalStack(options, nativeParts);
}

async function nativeParts({ guard, keepsData, secure, progress }: Site): Promise<Parts> {
  return {
    kafka: ({ folder, preferredPorts }) => kafkaService(guard, folder, preferredPorts, secure, progress),
    registry: ({ folder, preferredPorts }) =>
      registryService(guard, folder, keepsData, preferredPorts, progress),
    aws: ({ folder, preferredPorts }) => awsService(guard, folder, preferredPorts, progress),
    redis: ({ folder, preferredPorts }) => redisService(guard, folder, preferredPorts, progress),
    postgres: ({ folder, preferredPorts }) => postgresService(guard, folder, preferredPorts),
  };
}
