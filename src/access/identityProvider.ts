import type { JWTPayload } from 'jose';
import type { Clock } from '../kernel/clock';
import { isStorable } from '../kernel/naming';
import { claimAt, invalidToken, TokenVerifier, type TokenVerifierOptions } from './tokenVerifier';

export interface IdentityProviderOptions extends TokenVerifierOptions {
  /**
   * Required value of the tokens’ `aud`: without it, a token for another program of the same company would be accepted.
   */
  readonly audience: string;
  /**
   * Claim with the names of user groups: its name, or its path with dots. Without it, tokens say nothing about groups.
   */
  readonly groupsClaim?: string;
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

/** Verifies the tokens of people, from the one OpenID Connect provider of the configuration. */
export class IdentityProvider {
  private readonly verifier: TokenVerifier;

  constructor(
    private readonly options: IdentityProviderOptions,
    clock: Clock,
  ) {
    this.verifier = new TokenVerifier(options, clock);
  }

  /** Throws UNAUTHENTICATED for an invalid token, and UNAVAILABLE if that can’t be determined. */
  async verify(token: string): Promise<Identity> {
    const identity = this.identityOf(await this.claimsOf(token));
    if (identity === undefined) throw invalidToken();
    return identity;
  }

  /** Verified claims of a token. Errors as for `verify`. */
  claimsOf(token: string): Promise<JWTPayload> {
    return this.verifier.verify(token, this.options.audience);
  }

  /** Identity in verified claims. Undefined if they name nobody. */
  identityOf(payload: JWTPayload): Identity | undefined {
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

/** A claim that is missing or not a list names no groups: removing the claim removes the groups. */
function names(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  return [...new Set(list.flatMap((one) => text(one) ?? []))];
}
