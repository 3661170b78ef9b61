// The public images of the stack; docker-compose.yml names the same, which a test holds.
import { runWithProgress } from '../native/tools.ts';
import { docker } from './engine.ts';

export const IMAGES = {
  kafka: 'apache/kafka:4.3.1',
  registry: 'apicurio/apicurio-registry:3.3.3',
  aws: 'ministackorg/ministack:1.5.33',
  redis: 'redis:8-alpine',
  postgres: 'postgres:17-alpine',
} as const;

const ADVICE =
  'What to do: check that the engine reaches its registry (docker pull), or take the native stack: DARKROOM_STACK=native.';

/** Pulls an image that is not there. */
export async function requireImage(image: string, progress: (line: string) => void): Promise<void> {
  const there = await docker(['image', 'inspect', '--format', '{{.Id}}', image]).catch(() => undefined);
  if (there !== undefined) return;
  progress(`Pulling ${image}…`);
  await runWithProgress(`Pulling ${image}`, 'docker', ['pull', '--quiet', image], {
    progress,
    advice: ADVICE,
  });
}
