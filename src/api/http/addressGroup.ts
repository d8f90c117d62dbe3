import { isIPv6 } from 'node:net';

/**
 * Group by which addresses are counted: a single IPv4 address, or the first half of an IPv6 address, because an IPv6
 * user controls all 2^64 addresses of a network. Expects Node's socket notation: no leading zeros, and `::` for the
 * longest run of zeros.
 */
export function addressGroup(address: string): string {
  const [plain = ''] = address.replace(/^::ffff:(?=\d+\.)/i, '').split('%');
  if (!isIPv6(plain)) return plain;
  const [front = '', back] = plain.split('::');
  const groups = front === '' ? [] : front.split(':');
  const behind = back === undefined || back === '' ? [] : back.split(':');
  const zeros = back === undefined ? 0 : 8 - groups.length - behind.length;
  return [...groups, ...Array.from({ length: zeros }, () => '0'), ...behind].slice(0, 4).join(':');
}
