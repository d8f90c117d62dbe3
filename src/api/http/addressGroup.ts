import { isIPv6 } from 'node:net';

/**
 * Whom an address stands for where addresses are counted. Everybody with IPv6 has 2^64 addresses of one network, so its first half counts.
 * The text of Node's sockets: no zeros in front, `::` for the longest run of them.
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
