import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddress from '@fastify/proxy-addr';

export type TrustsProxy = (address: string, hop: number) => boolean;

/**
 * Network address of the caller: the last entry of `X-Forwarded-For` that no trusted proxy has made. Anything before it
 * was written by the caller itself and proves nothing.
 */
export function callerAddress(request: IncomingMessage, trusts: TrustsProxy | undefined): string {
  const peer = request.socket.remoteAddress ?? '';
  if (trusts === undefined || peer === '') return peer;
  const given = proxyAddress(request, trusts);
  // Some proxies add the port.
  const plain = given.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
  return isIP(plain) === 0 ? peer : plain;
}
