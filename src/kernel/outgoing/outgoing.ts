import { type LookupAddress, lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import {
  destinationProblem,
  isPermittedAddress,
  isPermittedHost,
  type ListedDestinations,
  permittedBy,
  type PermittedDestinations,
} from './addressRules';

export type OutgoingFault = 'ADDRESS_REFUSED' | 'DNS_FAILED' | 'CONNECTION_FAILED' | 'TLS_FAILED' | 'TIMEOUT';

/** A request that got no response. */
export class OutgoingError extends Error {
  constructor(
    readonly code: OutgoingFault,
    message: string,
  ) {
    super(message);
    this.name = 'OutgoingError';
  }
}

export interface OutgoingRequest {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Limit for everything: connection, response headers and body. */
  readonly timeoutMs: number;
  readonly until?: AbortSignal;
}

export interface OutgoingResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** At most `MAX_BODY` bytes of the response. */
  readonly body: string;
}

const MAX_BODY = 64 * 1024;
const MAX_HEADERS = 16 * 1024;
const CONNECT_MS = 10_000;
/** Open connections to one receiver. */
const CONNECTIONS = 32;

type LookUp = (host: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void;
const systemLookUp: LookUp = (host, done) =>
  lookUp(host, { all: true, verbatim: true }, (error, addresses) => done(error, addresses ?? []));

/**
 * Sends every request to an address that users choose: receivers of webhooks, APIs, identity providers. Reaches only
 * public addresses and those that the operator permits. The address is checked when its connection is made, so no DNS
 * answer in between changes the destination. Redirects are not followed.
 */
export class Outgoing {
  private readonly agent: Agent;

  private readonly permitted: PermittedDestinations;

  constructor(
    listed: ListedDestinations,
    private readonly lookUpName: LookUp = systemLookUp,
  ) {
    this.permitted = permittedBy(listed);
    this.agent = new Agent({
      connections: CONNECTIONS,
      maxHeaderSize: MAX_HEADERS,
      connect: { lookup: this.lookup, timeout: CONNECT_MS, autoSelectFamily: true },
    });
  }

  /** Reason why requests to this URL are refused, as far as its text shows; null if there is none. */
  problem(url: URL): string | null {
    return destinationProblem(this.permitted, url);
  }

  async request(url: URL, options: OutgoingRequest): Promise<OutgoingResponse> {
    const problem = this.problem(url);
    if (problem !== null) throw new OutgoingError('ADDRESS_REFUSED', `The destination is refused: ${problem}.`);
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const signal = options.until === undefined ? timeout : AbortSignal.any([timeout, options.until]);
    try {
      const response = await request(url, {
        dispatcher: this.agent,
        method: options.method ?? 'GET',
        headers: { 'user-agent': 'Slipway', ...options.headers },
        ...(options.body !== undefined && { body: options.body }),
        headersTimeout: options.timeoutMs,
        bodyTimeout: options.timeoutMs,
        signal,
      });
      return { status: response.statusCode, headers: response.headers, body: await textOf(response.body) };
    } catch (error) {
      throw faultOf(error, timeout.aborted, options.timeoutMs);
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /** Called for names only: an address in a URL was checked as text. */
  private readonly lookup: LookupFunction = (host, options, done) => {
    this.lookUpName(host, (error, found) => {
      if (error !== null) return done(new OutgoingError('DNS_FAILED', `The name ${host} was not found.`), '', 0);
      const usable = isPermittedHost(this.permitted, host)
        ? found
        : found.filter(({ address }) => isPermittedAddress(this.permitted, address));
      const ofFamily = usable.filter(({ family }) => !options.family || Number(options.family) === family);
      const [first] = ofFamily;
      if (first === undefined) {
        const message = `The destination is refused: ${host} has no public address.`;
        return done(new OutgoingError('ADDRESS_REFUSED', message), '', 0);
      }
      if (options.all) done(null, ofFamily as LookupAddress[]);
      else done(null, first.address, first.family);
    });
  };
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, MAX_BODY - size));
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size >= MAX_BODY) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function faultOf(error: unknown, timedOut: boolean, timeoutMs: number): Error {
  if (error instanceof OutgoingError) return error;
  const { code = '', name = '' } = error as { readonly code?: string; readonly name?: string };
  const cause = (error as { readonly cause?: unknown }).cause;
  if (cause instanceof OutgoingError) return cause;
  const inner = (error as { readonly errors?: readonly unknown[] }).errors?.find((one) => one instanceof OutgoingError);
  if (inner instanceof OutgoingError) return inner;
  if (timedOut || /TIMEOUT|ETIMEDOUT/.test(code)) {
    return new OutgoingError('TIMEOUT', `No complete response within ${timeoutMs / 1000} seconds.`);
  }
  if (name === 'AbortError') return error as Error;
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)) {
    return new OutgoingError('TLS_FAILED', `The TLS connection failed: ${code}.`);
  }
  return new OutgoingError('CONNECTION_FAILED', `The connection failed${code === '' ? '' : `: ${code}`}.`);
}
