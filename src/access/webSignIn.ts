import { Refusal } from '../kernel/errors';
import type { Clock } from '../kernel/clock';
import { discover, FETCH_MS } from './discovery';
import { type Identity, IdentityProvider, type IdentityProviderOptions } from './identityProvider';
import { invalidToken } from './tokenVerifier';

export interface WebSignInOptions extends Omit<IdentityProviderOptions, 'audience'> {
  readonly clientId: string;
  /** Only for a provider that requires one in addition to PKCE. */
  readonly clientSecret?: string;
  readonly scopes: string;
}

/** What a browser needs to send a person to the identity provider. */
export interface Authorization {
  readonly endpoint: string;
  readonly clientId: string;
  readonly scopes: string;
}

/** Result of the provider's page, with what the browser kept while the person was there. */
export interface AuthorizationCode {
  readonly code: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  readonly nonce: string;
}

interface Endpoints extends Authorization {
  readonly token: string;
  readonly userInfo: string | null;
}

/**
 * Sign-in of people in a browser, by the authorization code flow with PKCE. The server redeems the code, so that the
 * page needs no host but its own, and no token of the provider reaches the browser.
 */
export class WebSignIn {
  private readonly provider: IdentityProvider;
  private endpoints: Promise<Endpoints> | undefined;

  constructor(
    private readonly options: WebSignInOptions,
    clock: Clock,
  ) {
    this.provider = new IdentityProvider({ ...options, audience: options.clientId }, clock);
  }

  async authorization(): Promise<Authorization> {
    const { endpoint, clientId, scopes } = await this.find();
    return { endpoint, clientId, scopes };
  }

  /** Identity of a person who comes back from the provider. Errors: UNAUTHENTICATED, UNAVAILABLE. */
  async redeem({ code, codeVerifier, redirectUri, nonce }: AuthorizationCode): Promise<Identity> {
    const { token, userInfo } = await this.find();
    const { clientId, clientSecret } = this.options;
    const body = new URLSearchParams({
      ...{ grant_type: 'authorization_code', client_id: clientId },
      ...{ code, code_verifier: codeVerifier, redirect_uri: redirectUri },
      ...(clientSecret !== undefined && { client_secret: clientSecret }),
    });
    const tokens = await ask(token, { method: 'POST', body });
    if (typeof tokens.id_token !== 'string') throw unavailable();
    const claims = await this.provider.claimsOf(tokens.id_token);
    // A token of another sign-in, such as one that somebody else began, must not be accepted here.
    if (claims.nonce !== nonce) throw invalidToken();
    // Some providers put the address into the response of the user info endpoint only.
    const more =
      claims.email === undefined && userInfo !== null && typeof tokens.access_token === 'string'
        ? await ask(userInfo, { headers: { authorization: `Bearer ${tokens.access_token}` } })
        : {};
    const { sub, iss, aud, exp, iat } = claims;
    if (more.sub !== undefined && more.sub !== sub) throw invalidToken();
    const identity = this.provider.identityOf({ ...claims, ...more, sub, iss, aud, exp, iat });
    if (identity === undefined) throw invalidToken();
    return identity;
  }

  private find(): Promise<Endpoints> {
    this.endpoints ??= this.discoverEndpoints().catch(() => {
      // The next sign-in tries again.
      this.endpoints = undefined;
      throw unavailable();
    });
    return this.endpoints;
  }

  private async discoverEndpoints(): Promise<Endpoints> {
    const { issuer, clientId, scopes } = this.options;
    const document = await discover(issuer);
    const { authorization_endpoint: endpoint, token_endpoint: token, userinfo_endpoint: userInfo } = document;
    if (typeof endpoint !== 'string' || typeof token !== 'string') throw unavailable();
    // A page with another scheme, such as javascript:, must not be opened.
    if (!/^https?:$/.test(new URL(endpoint).protocol)) throw unavailable();
    return { endpoint, token, userInfo: typeof userInfo === 'string' ? userInfo : null, clientId, scopes };
  }
}

async function ask(url: string, request: RequestInit): Promise<Readonly<Record<string, unknown>>> {
  let response: Response;
  try {
    response = await fetch(url, { ...request, redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) });
  } catch {
    throw unavailable();
  }
  if (response.status >= 500) throw unavailable();
  if (!response.ok)
    throw new Refusal('UNAUTHENTICATED', 'The identity provider did not accept the sign-in. Sign in again.');
  return (await response.json().catch(() => {
    throw unavailable();
  })) as Readonly<Record<string, unknown>>;
}

const unavailable = (): Refusal =>
  new Refusal('UNAVAILABLE', 'The identity provider can’t be reached at the moment. Try again.');
