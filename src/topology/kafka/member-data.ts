import kafkajs from 'kafkajs';

const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;

/** What a member tells the group about itself. */
export interface MemberData {
  /** The tasks that it runs now. */
  readonly owned: readonly string[];
  /** The tasks whose state it has on its disk, older or newer. */
  readonly local?: readonly string[];
  /** Where its stores can be asked, `host:port`. */
  readonly server?: string;
  /** Of the topology that it runs; a member of an earlier version does not say. */
  readonly fingerprint?: string;
}

export function encodeMemberData(data: MemberData): Buffer {
  return Buffer.from(JSON.stringify(data));
}

const strings = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];

/** Takes what other versions say too: the first one sent a bare list of tasks; what is not understood means nothing. */
export function decodeMemberData(userData: Buffer | undefined): MemberData {
  let parsed: unknown;
  try {
    parsed = JSON.parse(userData?.toString('utf8') || '[]');
  } catch {
    return { owned: [] };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { owned: strings(parsed) };
  const local = strings(Reflect.get(parsed, 'local'));
  const server: unknown = Reflect.get(parsed, 'server');
  const fingerprint: unknown = Reflect.get(parsed, 'fingerprint');
  return {
    owned: strings(Reflect.get(parsed, 'owned')),
    ...(local.length > 0 ? { local } : {}),
    ...(typeof server === 'string' ? { server } : {}),
    ...(typeof fingerprint === 'string' ? { fingerprint } : {}),
  };
}

/** What a member said when it joined. */
export function dataOf(memberMetadata: Buffer): MemberData {
  if (memberMetadata.length === 0) return { owned: [] };
  return decodeMemberData(MemberMetadata.decode(memberMetadata)?.userData);
}

/** The partitions that a member was given, by topic. */
export function assignmentOf(memberAssignment: Buffer): Readonly<Record<string, readonly number[]>> {
  return (memberAssignment.length > 0 && MemberAssignment.decode(memberAssignment)?.assignment) || {};
}
