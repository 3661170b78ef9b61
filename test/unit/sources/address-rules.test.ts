import { expect, test } from 'vitest';
import { addressProblem, type Network, parseNetwork } from '../../../src/sources/address-rules.ts';

const networks = (...texts: string[]): Network[] =>
  texts.map((text) => {
    const network = parseNetwork(text);
    if (!network) throw new Error(`${text} is no network`);
    return network;
  });

test.each(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '2a00:1450:4001:81b::200e'])(
  'the public address %s may be asked',
  (address) => {
    expect(addressProblem(address, [])).toBeUndefined();
  },
);

test.each([
  ['this network', '0.0.0.0'],
  ['loopback', '127.0.0.1'],
  ['all of loopback', '127.255.255.254'],
  ['private, 10', '10.0.0.1'],
  ['private, 172.16', '172.31.255.255'],
  ['private, 192.168', '192.168.1.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['link-local', '169.254.1.1'],
  ["a cloud's metadata", '169.254.169.254'],
  ["Azure's, a public address", '168.63.129.16'],
  ["Alibaba's", '100.100.100.200'],
  ['IETF protocols', '192.0.0.192'],
  ['documentation', '203.0.113.7'],
  ['benchmarks', '198.18.0.1'],
  ['6to4 relays', '192.88.99.1'],
  ['AS112', '192.175.48.1'],
  ['multicast', '224.0.0.1'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['no address in IPv6', '::'],
  ['loopback in IPv6', '::1'],
  ['link-local in IPv6', 'fe80::1'],
  ['unique-local', 'fd12:3456::1'],
  ["Amazon's metadata in IPv6", 'fd00:ec2::254'],
  ['site-local', 'fec0::1'],
  ['multicast in IPv6', 'ff02::1'],
  ['IPv4-mapped', '::ffff:10.0.0.1'],
  ['IPv4-mapped, public', '::ffff:8.8.8.8'],
  ['IPv4-compatible', '::10.0.0.1'],
  ['NAT64', '64:ff9b::a00:1'],
  ['NAT64 of a network', '64:ff9b:1::a00:1'],
  ['6to4', '2002:7f00:1::'],
  ['Teredo', '2001:0:4136:e378::1'],
  ['documentation in IPv6', '2001:db8::1'],
  ['discard', '100::1'],
  ['what nobody has been given', '4000::1'],
  ['no address at all', 'localhost'],
])('%s (%s) may not', (_name, address) => {
  expect(addressProblem(address, [])).toEqual(expect.any(String));
});

test('networks that are allowed by hand may be asked, and nothing beside them', () => {
  const allowed = networks('10.20.0.0/16', 'fd12:3456::/32');
  expect(addressProblem('10.20.3.4', allowed)).toBeUndefined();
  expect(addressProblem('fd12:3456::1', allowed)).toBeUndefined();
  expect(addressProblem('10.21.0.1', allowed)).toBe('private');
  expect(addressProblem('fd12:3457::1', allowed)).toBe('uniqueLocal');
});

test('metadata may never be asked, however wide a network is allowed and whatever carries the address', () => {
  const all = networks('0.0.0.0/0', '::/0');
  for (const address of [
    '169.254.169.254',
    '168.63.129.16',
    'fe80::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fd00:42::42',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
  ])
    expect(addressProblem(address, all)).toBe('metadata');
  expect(addressProblem('127.0.0.1', all)).toBeUndefined();
  expect(addressProblem('::1', all)).toBeUndefined();
});

test('an address that carries another needs both to be allowed', () => {
  const nat64 = networks('64:ff9b::/96');
  expect(addressProblem('64:ff9b::808:808', nat64)).toBeUndefined();
  expect(addressProblem('64:ff9b::a00:1', nat64)).toBe('private');
});
