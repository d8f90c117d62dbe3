import { ApiError, type ErrorCode } from '../../client/apiError';
import { basePath, serverUrl } from '../data/server';
import { beginSession } from './session';

interface Authorization {
  readonly endpoint: string;
  readonly clientId: string;
  readonly scopes: string;
}

/** What this tab keeps while the person is at the identity provider. */
interface Begun {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Address to which the person returns. */
  readonly address: string;
}

const keptAs = 'slipway.signIn';
const CALLBACK = '/sign-in/callback';
const redirectUri = `${serverUrl}${CALLBACK}`;

/** The identity provider that the server is configured with; null if there is none. */
export async function findProvider(): Promise<Authorization | null> {
  const { authorization } = await ask<{ authorization: Authorization | null }>('GET');
  return authorization;
}

/** Leaves the console for the page of the identity provider. */
export async function leaveForProvider({ endpoint, clientId, scopes }: Authorization): Promise<void> {
  if (!isSecureContext)
    throw new ApiError('UNAUTHENTICATED', 'Open the console over HTTPS to sign in with the identity provider.', false);
  const { pathname, search, hash } = location;
  const address = pathname === `${basePath}${CALLBACK}` ? `${basePath}/` : `${pathname}${search}${hash}`;
  const begun: Begun = { state: random(), nonce: random(), codeVerifier: random(), address };
  sessionStorage.setItem(keptAs, JSON.stringify(begun));
  const url = new URL(endpoint);
  const challenge = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(begun.codeVerifier));
  const parameters = {
    ...{ response_type: 'code', client_id: clientId, scope: scopes, redirect_uri: redirectUri },
    ...{ state: begun.state, nonce: begun.nonce },
    ...{ code_challenge: base64url(new Uint8Array(challenge)), code_challenge_method: 'S256' },
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  location.assign(url);
}

/** True at the address to which the identity provider sends people back. */
export const isBack = (): boolean => location.pathname === `${basePath}${CALLBACK}`;

let coming: Promise<void> | undefined;

/** Ends the sign-in that this tab began, once, and opens the address from which it began. */
export function comeBack(): Promise<void> {
  coming ??= redeem();
  return coming;
}

async function redeem(): Promise<void> {
  const given = new URLSearchParams(location.search);
  const begun = JSON.parse(sessionStorage.getItem(keptAs) ?? 'null') as Begun | null;
  sessionStorage.removeItem(keptAs);
  const address = begun?.address ?? `${basePath}/`;
  // The code must not stay in the history.
  history.replaceState(null, '', address);
  const refused = given.get('error');
  if (refused !== null)
    throw new ApiError(
      'UNAUTHENTICATED',
      given.get('error_description') ?? `The identity provider says: ${refused}.`,
      false,
    );
  const code = given.get('code');
  if (begun === null || code === null || given.get('state') !== begun.state)
    throw new ApiError('UNAUTHENTICATED', 'This tab did not begin the sign-in. Sign in again.', false);
  const { nonce, codeVerifier } = begun;
  const { key } = await ask<{ key: string }>('POST', { code, codeVerifier, redirectUri, nonce });
  beginSession(key);
}

async function ask<Answer>(method: 'GET' | 'POST', body?: object): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(`${serverUrl}/auth/oidc`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw ApiError.unreachable(serverUrl, String(error));
  }
  const answer = (await response.json()) as Answer & { readonly error?: Refused };
  const { error } = answer;
  if (response.ok && error === undefined) return answer;
  const message = error?.message ?? `The server answered ${response.status}.`;
  throw new ApiError(error?.code ?? 'INTERNAL', message, error?.retryable ?? false);
}

interface Refused {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

/** 32 random bytes as text. */
const random = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
