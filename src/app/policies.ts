import type { OwnLimits } from '../processors/types.ts';
import type { ImageCodec } from '../serdes/codec.ts';
import type { ImagePolicy } from '../serdes/image-policy.generated.ts';
import type { Arrival, Unusable } from '../sources/arrival.ts';

/** An arrival with its customer's policy as it lay on the topic when the arrival was read; null: there is none. */
export interface ArrivalWithPolicy {
  readonly arrival: Arrival;
  readonly policyBytes: Buffer | null;
}

interface Applied {
  readonly limits: OwnLimits;
  readonly policyVersion?: number;
}

/** What a policy means for an image. One that cannot be read must not let through what its customer forbids. */
export async function policyOf(
  bytes: Buffer | null,
  codec: Pick<ImageCodec, 'decodePolicy'>,
): Promise<Applied | Unusable> {
  if (bytes === null) return { limits: {} };
  const policy = await codec.decodePolicy(bytes);
  if (policy.ok) return { limits: limitsOf(policy.value), policyVersion: policy.value.version };
  return {
    code: 'POLICY_UNREADABLE',
    reason: `the customer's policy cannot be read: ${policy.reason}; set it again with "darkroom policies set"`,
  };
}

const limitsOf = ({ formats, maxBytes, maxPixels, maxFrames }: ImagePolicy): OwnLimits => ({
  ...(formats && { formats }),
  ...(maxBytes !== null && { maxBytes }),
  ...(maxPixels !== null && { maxPixels }),
  ...(maxFrames !== null && { maxFrames }),
});
