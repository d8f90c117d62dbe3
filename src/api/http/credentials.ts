import type { IncomingHttpHeaders } from 'node:http';
import type { Actor } from '../../access/actor';
import { Refusal } from '../../kernel/errors';

/** Credentials of a caller. */
export interface Credentials {
  readonly key: string;
  readonly address: string;
}

/** Resolves to the key's actor, or throws UNAUTHENTICATED. */
export type Authenticate = (credentials: Credentials) => Promise<Actor>;

/** Reads `X-Api-Key: <key>` or `Authorization: Bearer <key>`; if both are sent, `X-Api-Key` wins. */
export function keyFromHeaders(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['x-api-key'];
  return (typeof key === 'string' && key.trim()) || bearer(headers.authorization);
}

/**
 * Reads the key from a WebSocket's `connection_init` payload. Browsers can't send headers with an upgrade; GraphiQL
 * uses this.
 */
export function keyFromConnectionParams(parameters: Readonly<Record<string, unknown>> | undefined): string | undefined {
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (typeof value !== 'string' || value.trim() === '') continue;
    const lower = name.toLowerCase();
    if (lower === 'apikey' || lower === 'x-api-key') return value.trim();
    if (lower === 'authorization') return bearer(value);
  }
  return undefined;
}

/**
 * Identifies the caller on every transport. Rejects a missing key here rather than in `authenticate`, so no
 * implementation can forget the check.
 */
export async function identify(authenticate: Authenticate, key: string | undefined, address: string): Promise<Actor> {
  if (!key) {
    throw new Refusal(
      'UNAUTHENTICATED',
      'No API key was given. Send it as the header "X-Api-Key: <key>" or "Authorization: Bearer <key>", or over a WebSocket as { "apiKey": "<key>" } in connectionParams.',
    );
  }
  return authenticate({ key, address });
}

export function bearer(value: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(value ?? '')?.[1];
}

/** Token of the agent protocol. */
export function requireBearer(headers: IncomingHttpHeaders): string {
  const token = bearer(headers.authorization);
  if (token === undefined) throw new Refusal('UNAUTHENTICATED', 'Send a token as "Authorization: Bearer <token>".');
  return token;
}
