import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock';
import { TokenVerifier } from '../tokenVerifier';

const MOST_ISSUERS = 100;

export interface TrustedIssuersOptions {
  readonly clockToleranceSeconds: number;
  /** True to accept issuers without HTTPS. */
  readonly allowHttp: boolean;
}

/** Verifiers of the issuers that trust rules name, each with its keys. */
export class TrustedIssuers {
  private readonly verifiers: LRUCache<string, TokenVerifier>;

  constructor(
    readonly options: TrustedIssuersOptions,
    clock: Clock,
  ) {
    const { clockToleranceSeconds, allowHttp } = options;
    this.verifiers = new LRUCache({
      max: MOST_ISSUERS,
      memoMethod: (issuer) => new TokenVerifier({ issuer, clockToleranceSeconds, httpsOnly: !allowHttp }, clock),
    });
  }

  /** The issuer must be that of a rule: its keys are fetched from where it says. */
  of(issuer: string): TokenVerifier {
    return this.verifiers.memo(issuer);
  }
}
