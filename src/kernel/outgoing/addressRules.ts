import { isIP } from 'node:net';
import { compile } from '@fastify/proxy-addr';
import ipaddr from 'ipaddr.js';

/** Destinations that an operator permits although they are not public. */
export interface PermittedDestinations {
  /** Tests an address. */
  readonly address: (address: string) => boolean;
  /** Host names in lower case. */
  readonly hosts: readonly string[];
}

/** Networks and host names of the configuration. */
export interface ListedDestinations {
  readonly networks: readonly string[];
  readonly hosts: readonly string[];
}

export function permittedBy({ networks, hosts }: ListedDestinations): PermittedDestinations {
  const test = compile([...networks]);
  return { address: (address) => networks.length > 0 && test(address, 0), hosts };
}

/** Public, but answered by the host of a virtual machine: it hands out credentials. */
const METADATA = ['168.63.129.16'];
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');
const NAT64 = ipaddr.IPv6.parse('64:ff9b::');

/**
 * True for an address on the public internet. Everything else is refused: loopback, private, link-local (metadata
 * services), shared, documentation, multicast and unspecified addresses, and tunnels, also behind an IPv6 form.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (!(address instanceof ipaddr.IPv6)) return address.range() === 'unicast' && !METADATA.includes(address.toString());
  // Translated by NAT64: the embedded IPv4 address is the destination.
  if (address.match(NAT64, 96)) return isPublicAddress(address.toByteArray().slice(12).join('.'));
  return address.range() === 'unicast' && address.match(GLOBAL_UNICAST, 3);
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');

export const isPermittedHost = ({ hosts }: PermittedDestinations, host: string): boolean =>
  hosts.includes(host.toLowerCase().replace(/\.$/, ''));

export const isPermittedAddress = (permitted: PermittedDestinations, address: string): boolean =>
  isPublicAddress(address) || permitted.address(address);

/**
 * Reason why requests to a URL are refused before any name is looked up; null if none is known. The addresses of a name
 * are checked when a connection is made.
 */
export function destinationProblem(permitted: PermittedDestinations, url: URL): string | null {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'only http and https are supported';
  if (url.username !== '' || url.password !== '') return 'credentials in a URL are not supported';
  const host = hostOf(url);
  if (host === '') return 'it has no host';
  if (isPermittedHost(permitted, host)) return null;
  if (isIP(host) !== 0) {
    if (permitted.address(host)) return null;
    if (!isPublicAddress(host)) return `${host} is not a public address`;
  }
  const port = url.port === '' ? null : Number(url.port);
  return port === null || port === 80 || port === 443 || port >= 1024 ? null : `port ${port} is reserved`;
}
