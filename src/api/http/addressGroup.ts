import { isIPv6 } from 'node:net';

/**
 * The unit in which addresses are counted: an IPv4 address, or the first half of an IPv6 address, since anybody with
 * IPv6 has the 2^64 addresses of one network. Reads the notation of Node's sockets: no leading zeros, `::` for the
 * longest run of them.
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
