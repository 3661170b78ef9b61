import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Network = readonly [Address, number];

/** A network in CIDR notation; undefined for what is none. */
export function parseNetwork(text: string): Network | undefined {
  return ipaddr.isValidCIDR(text) ? ipaddr.parseCIDR(text) : undefined;
}

/** Where clouds answer machines with credentials and settings. Link-local ranges hold most of them. */
const NEVER = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::/32', // Amazon EC2 over IPv6
  'fd20:ce::254/128', // Google Cloud over IPv6
  'fd00:c1::a9fe:a9fe/128', // Oracle Cloud over IPv6
  'fd00:42::42/128', // Scaleway over IPv6
  '168.63.129.16/32', // Azure, a public address
  '100.100.100.200/32', // Alibaba Cloud
  '192.0.0.192/32', // Oracle Cloud
].map((text) => ipaddr.parseCIDR(text));

const GLOBAL_UNICAST_V6 = ipaddr.parseCIDR('2000::/3'); // all that IANA has given out

/**
 * Undefined when an address may be asked for an image, else what it is, in a word (`loopback`, `private`…). Public unicast
 * addresses may; others only where `allowed` has their network, and a cloud's metadata never. An IPv6 address that carries
 * an IPv4 one is judged by both.
 */
export function addressProblem(text: string, allowed: readonly Network[]): string | undefined {
  if (!ipaddr.isValid(text)) return 'no address';
  const address = ipaddr.parse(text);
  if (NEVER.some((network) => within(address, network))) return 'metadata';
  const carried = carriedBy(address);
  if (carried) {
    const problem = addressProblem(carried, allowed);
    if (problem !== undefined) return problem;
  }
  if (allowed.some((network) => within(address, network))) return undefined;
  const range = address.range();
  if (range !== 'unicast') return range;
  return address.kind() === 'ipv6' && !within(address, GLOBAL_UNICAST_V6) ? 'reserved' : undefined;
}

function within(address: Address, [network, bits]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

/** The IPv4 address in an IPv6 one: mapped and compatible (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056). */
function carriedBy(address: Address): string | undefined {
  if (!(address instanceof ipaddr.IPv6)) return undefined;
  const bytes = address.toByteArray();
  const quad = (from: number) => bytes.slice(from, from + 4).join('.');
  const startsWith = (...head: number[]) => head.every((byte, index) => bytes[index] === byte);
  if (startsWith(0x20, 0x02)) return quad(2);
  if (startsWith(0x00, 0x64, 0xff, 0x9b)) return quad(12);
  const zeroes = bytes.slice(0, 10).every((byte) => byte === 0);
  const loopbackOrNone = zeroes && bytes.slice(10, 15).every((byte) => byte === 0);
  return zeroes && !loopbackOrNone ? quad(12) : undefined;
}
