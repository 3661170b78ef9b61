import type { DevelopOptions, OwnLimits } from '../processors/types.ts';
import type { ImageCodec } from '../serdes/codec.ts';
import type { ImagePolicy } from '../serdes/image-policy.generated.ts';
import type { Arrival, Unusable } from '../sources/arrival.ts';

/** An arrival with its customer's policy as it lay on the topic when the arrival was read; null: there is none. */
export interface ArrivalWithPolicy {
  readonly arrival: Arrival;
  readonly policyBytes: Buffer | null;
}

/** What a policy means for an image. */
export interface AppliedPolicy {
  readonly limits: OwnLimits;
  readonly wishes: Pick<DevelopOptions, 'pipeline' | 'renditionFormats' | 'camera'>;
  /** Absent: the customer has none. */
  readonly policyVersion?: number;
}

/** Reads a policy. One that cannot be read must not let through what its customer forbids. */
export async function policyOf(
  bytes: Buffer | null,
  codec: Pick<ImageCodec, 'decodePolicy'>,
): Promise<AppliedPolicy | Unusable> {
  if (bytes === null) return { limits: {}, wishes: {} };
  const policy = await codec.decodePolicy(bytes);
  if (policy.ok) return applied(policy.value);
  return {
    code: 'POLICY_UNREADABLE',
    reason: `the customer's policy cannot be read: ${policy.reason}; set it again with "darkroom policies set"`,
  };
}

function applied(policy: ImagePolicy): AppliedPolicy {
  const { version, updatedAt: _, pipeline, renditionFormats, camera, ...limits } = policy;
  return {
    limits: present(limits),
    wishes: present({ pipeline, renditionFormats, camera }),
    policyVersion: version,
  };
}

/** Without what is null. */
function present<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> };
function present(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
