import type { JWTPayload, JWTVerifyGetKey, RemoteJWKSet } from 'jose';
import type { Clock } from '../kernel/clock';
import { Refusal } from '../kernel/errors';
import { isStorable } from '../kernel/naming';

export interface IdentityProviderOptions {
  /** As in the tokens' `iss`, to the letter. */
  readonly issuer: string;
  /**
   * Required value of the tokens’ `aud`: without it, a token for another program of the same company would be accepted.
   */
  readonly audience: string;
  /** URL of the keys; by default from the issuer’s discovery document. */
  readonly jwksUrl?: string;
  /**
   * Claim with the names of user groups: its name, or its path with dots. Without it, tokens say nothing about groups.
   */
  readonly groupsClaim?: string;
  readonly clockToleranceSeconds: number;
  /** Minimum time between two fetches of the keys because of a token with an unknown key. */
  readonly cooldownMs?: number;
}

/** Identity in a token, according to the identity provider. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly name: string | null;
  /** Null unless the provider has verified the address. */
  readonly email: string | null;
  /** Names of user groups; null if tokens are not asked for them. */
  readonly groups: readonly string[] | null;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/**
 * Public keys only. With a shared secret (HS256), anyone who can verify tokens could also create them; `none` is not a
 * signature.
 */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const FETCH_MS = 5_000;

/** Loaded with the first token: most servers have no identity provider. */
const loadJose = () => import('jose');

/** Distinguishes a token from a key, which never has this form. */
export function isJwt(text: string): boolean {
  const [header = '', ...rest] = text.split('.');
  if (rest.length !== 2) return false;
  try {
    const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { alg?: unknown };
    return typeof alg === 'string';
  } catch {
    return false;
  }
}

/**
 * Verifies the tokens of one OpenID Connect provider. Keys are fetched when they are needed, kept for ten minutes, and
 * fetched again for a key that is new.
 */
export class IdentityProvider {
  private keys: Promise<RemoteJWKSet> | undefined;

  constructor(
    private readonly options: IdentityProviderOptions,
    private readonly clock: Clock,
  ) {}

  /** Throws UNAUTHENTICATED for an invalid token, and UNAVAILABLE if that can’t be determined. */
  async verify(token: string): Promise<Identity> {
    const { issuer, audience, clockToleranceSeconds } = this.options;
    const { decodeJwt, errors, jwtVerify } = await loadJose();
    try {
      // Checked before anything is fetched: a stranger’s token must not make the server send requests.
      if (decodeJwt(token).iss !== issuer) throw new errors.JWTInvalid('another issuer');
      const { payload } = await jwtVerify(token, this.getKey, {
        issuer,
        audience,
        algorithms,
        clockTolerance: clockToleranceSeconds,
        currentDate: this.clock.now(),
        requiredClaims: ['sub', 'exp', 'iat'],
      });
      const identity = this.identity(payload);
      if (identity === undefined) throw new errors.JWTInvalid('no subject');
      return identity;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new Refusal('UNAUTHENTICATED', 'The token has expired.');
      // The response does not name the rule that a token breaks, because an attacker would learn from it.
      if (error instanceof errors.JOSEError) throw new Refusal('UNAUTHENTICATED', 'This token is not valid.');
      throw error;
    }
  }

  private readonly getKey: JWTVerifyGetKey = async (header, token) => {
    const { errors } = await loadJose();
    try {
      return await (await this.keySet())(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      if (error instanceof errors.JOSENotSupported) throw error;
      throw new Refusal('UNAVAILABLE', 'The identity provider’s keys can’t be read at the moment. Try again.');
    }
  };

  private keySet(): Promise<RemoteJWKSet> {
    this.keys ??= this.findKeys().catch((error: unknown) => {
      // The next token tries again.
      this.keys = undefined;
      throw error;
    });
    return this.keys;
  }

  private async findKeys(): Promise<RemoteJWKSet> {
    const url = this.options.jwksUrl ?? (await this.discover());
    const { cooldownMs = 30_000 } = this.options;
    const { createRemoteJWKSet } = await loadJose();
    return createRemoteJWKSet(new URL(url), { timeoutDuration: FETCH_MS, cooldownDuration: cooldownMs });
  }

  private async discover(): Promise<string> {
    const { issuer } = this.options;
    const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (document.issuer !== issuer || typeof document.jwks_uri !== 'string') {
      throw new Error(`${url} is not the discovery document of ${issuer}`);
    }
    return document.jwks_uri;
  }

  private identity(payload: JWTPayload): Identity | undefined {
    const { sub = '', iat = 0, exp = 0 } = payload;
    if (sub.trim() === '' || !isStorable(sub)) return undefined;
    const verified = payload.email_verified === true || payload.email_verified === 'true';
    const email = verified ? text(payload.email) : null;
    const { groupsClaim } = this.options;
    return {
      issuer: this.options.issuer,
      subject: sub,
      name: text(payload.name) ?? text(payload.preferred_username) ?? email,
      email: email?.toLowerCase() ?? null,
      groups: groupsClaim === undefined ? null : names(claimAt(payload, groupsClaim)),
      issuedAt: new Date(iat * 1000),
      expiresAt: new Date((exp + this.options.clockToleranceSeconds) * 1000),
    };
  }
}

function text(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const trimmed = value.replace(/\0|\p{Surrogate}/gu, '').trim();
  return trimmed === '' ? null : trimmed;
}

/** A name with dots in it is a name first (`https://example.com/groups`), then a path (`realm_access.roles`). */
function claimAt(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}

/** A claim that is missing or not a list names no groups: removing the claim removes the groups. */
function names(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  return [...new Set(list.flatMap((one) => text(one) ?? []))];
}
