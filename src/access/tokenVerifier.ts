import type { JWTPayload, JWTVerifyGetKey, RemoteJWKSet } from 'jose';
import type { Clock } from '../kernel/clock';
import { Refusal } from '../kernel/errors';
import { discover, FETCH_MS } from './discovery';

export interface TokenVerifierOptions {
  /** As in the tokens' `iss`, to the letter. */
  readonly issuer: string;
  /** URL of the keys; by default from the issuer’s discovery document. */
  readonly jwksUrl?: string;
  readonly clockToleranceSeconds: number;
  /** Minimum time between two fetches of the keys because of a token with an unknown key. */
  readonly cooldownMs?: number;
  /** True to refuse keys that are not served over HTTPS. */
  readonly httpsOnly?: boolean;
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

/** Issuer that a token claims; null if it claims none. Nothing of the token is verified. */
export async function claimedIssuer(token: string): Promise<string | null> {
  const { decodeJwt, errors } = await loadJose();
  try {
    return decodeJwt(token).iss ?? null;
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

/**
 * Verifies the tokens of one OpenID Connect issuer. Keys are fetched when they are needed, kept for ten minutes, and
 * fetched again for a key that is new.
 */
export class TokenVerifier {
  private keys: Promise<RemoteJWKSet> | undefined;

  constructor(
    private readonly options: TokenVerifierOptions,
    private readonly clock: Clock,
  ) {}

  /**
   * Claims of a token for one of the audiences. Throws UNAUTHENTICATED for an invalid token, and UNAVAILABLE if that
   * can’t be determined. `maxAgeSeconds` limits the time since the token was issued.
   */
  async verify(token: string, audience: string | string[], maxAgeSeconds?: number): Promise<JWTPayload> {
    const { issuer, clockToleranceSeconds } = this.options;
    const { errors, jwtVerify } = await loadJose();
    try {
      // Checked before anything is fetched: a stranger’s token must not make the server send requests.
      if ((await claimedIssuer(token)) !== issuer) throw new errors.JWTInvalid('another issuer');
      const { payload } = await jwtVerify(token, this.getKey, {
        issuer,
        audience,
        algorithms,
        clockTolerance: clockToleranceSeconds,
        currentDate: this.clock.now(),
        requiredClaims: ['sub', 'exp', 'iat'],
        ...(maxAgeSeconds !== undefined && { maxTokenAge: maxAgeSeconds }),
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new Refusal('UNAUTHENTICATED', 'The token has expired.');
      // The response does not name the rule that a token breaks, because an attacker would learn from it.
      if (error instanceof errors.JOSEError) throw invalidToken();
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
    const { cooldownMs = 30_000, httpsOnly = false } = this.options;
    if (httpsOnly && new URL(url).protocol !== 'https:') throw new Error(`${url} is not served over HTTPS`);
    const { createRemoteJWKSet } = await loadJose();
    return createRemoteJWKSet(new URL(url), { timeoutDuration: FETCH_MS, cooldownDuration: cooldownMs });
  }

  private async discover(): Promise<string> {
    const { issuer } = this.options;
    const { jwks_uri: url } = await discover(issuer);
    if (typeof url !== 'string') throw new Error(`the discovery document of ${issuer} names no keys`);
    return url;
  }
}

export const invalidToken = (): Refusal => new Refusal('UNAUTHENTICATED', 'This token is not valid.');

/** A name with dots in it is a name first (`https://example.com/groups`), then a path (`realm_access.roles`). */
export function claimAt(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}
