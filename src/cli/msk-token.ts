import type { AwsKey, AwsPlace } from '../sinks/aws-client.ts';
import { StreamsError } from '../topology/errors.ts';
import { keptToken, type Token } from './kept-token.ts';

/** Without credentials the signer looks where AWS' own tools do (role of the instance or the pod, profile, …). */
type MskOptions = Pick<AwsPlace, 'region' | 'credentials'>;

const PACKAGE = 'aws-msk-iam-sasl-signer-js';
/** The version that this was written against. */
const VERSION = '1.0.3';

/** What of the signer is used; it is optional, so its own types may not be there. */
interface Signer {
  generateAuthToken(options: { region: string }): Promise<SignedToken>;
  generateAuthTokenFromCredentialsProvider(options: {
    region: string;
    awsCredentialsProvider: () => Promise<AwsKey>;
  }): Promise<SignedToken>;
}
interface SignedToken {
  readonly token: string;
  /** ms since the epoch */
  readonly expiryTime: number;
}

/** Tokens for MSK with IAM, signed by AWS' own package, which is loaded only here. Throws KAFKA_AUTHENTICATION. */
export function mskToken(
  { region, credentials }: MskOptions,
  load: () => Promise<unknown> = () => import(PACKAGE),
): () => Promise<string> {
  return keptToken(async (): Promise<Token> => {
    const signer = await loadSigner(load);
    try {
      const { token, expiryTime } = credentials
        ? await signer.generateAuthTokenFromCredentialsProvider({
            region,
            awsCredentialsProvider: async () => ({ ...credentials }),
          })
        : await signer.generateAuthToken({ region });
      return { value: token, expiresAtMs: expiryTime };
    } catch (error) {
      throw new StreamsError(
        'KAFKA_AUTHENTICATION',
        'fail',
        `no token for MSK could be signed in ${region} (${error instanceof Error ? error.message : String(error)}). What to do: check ` +
          'AWS_REGION, and AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, or give this machine a role',
        { cause: error },
      );
    }
  });
}

async function loadSigner(load: () => Promise<unknown>): Promise<Signer> {
  const module = await load().catch((cause: unknown) => {
    throw new StreamsError(
      'KAFKA_AUTHENTICATION',
      'fail',
      `KAFKA_SASL_MECHANISM=aws-msk-iam needs the package ${PACKAGE}, which is not installed here. What to do: ` +
        `npm install ${PACKAGE}@${VERSION}`,
      { cause },
    );
  });
  if (isSigner(module)) return module;
  throw new StreamsError(
    'KAFKA_AUTHENTICATION',
    'fail',
    `the package ${PACKAGE} is another one than was expected. What to do: npm install ${PACKAGE}@${VERSION}`,
  );
}

function isSigner(module: unknown): module is Signer {
  return ['generateAuthToken', 'generateAuthTokenFromCredentialsProvider'].every(
    (name) =>
      typeof module === 'object' && module !== null && typeof Reflect.get(module, name) === 'function',
  );
}
