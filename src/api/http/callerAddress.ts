import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddress from '@fastify/proxy-addr';

export type TrustsProxy = (address: string, hop: number) => boolean;

/**
 * Network address of the caller: the last `X-Forwarded-For` entry that was not added by a trusted proxy. The caller can
 * write all entries before it, so they prove nothing.
 */
export function callerAddress(request: IncomingMessage, trusts: TrustsProxy | undefined): string {
  const peer = request.socket.remoteAddress ?? '';
  if (trusts === undefined || peer === '') return peer;
  const given = proxyAddress(request, trusts);
  // Some proxies append the port.
  const plain = given.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
  return isIP(plain) === 0 ? peer : plain;
}
