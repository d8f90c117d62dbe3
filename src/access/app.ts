import type { App as KernelApp } from '../kernel/app';
import type { Abilities } from './abilities';
import type { IdentityProvider } from './identityProvider';
import type { KnownCallers } from './knownCallers';
import type { WebSignIn } from './webSignIn';
import type { TrustedIssuers } from './trust/trustedIssuers';

/** First argument of every command of this floor. */
export interface App extends KernelApp {
  readonly abilities: Abilities;
  readonly knownCallers: KnownCallers;
  /** Null if none is configured: only API keys are accepted then. */
  readonly identityProvider: IdentityProvider | null;
  /** Sign-in in the console with the identity provider. Null if it is not configured. */
  readonly webSignIn: WebSignIn | null;
  /** Issuers of the tokens that CI jobs exchange for keys. */
  readonly trustedIssuers: TrustedIssuers;
}
