import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock';
import type { Db } from '../kernel/database/database';
import { Refusal } from '../kernel/errors';
import { Access, type Principal } from './access';
import { apiKeyPrincipal, findApiKeyPrincipal, findUserPrincipal, userPrincipal } from './principals.store';
import { Rights } from './rights';
import { findRightsGroups, findRightsVersion } from './rights.store';
import { ACCOUNT_ADMINISTRATOR } from './userGroups';

interface Entry {
  readonly version: number;
  readonly rights: Rights;
}

/** More than any installation has teams; each entry takes a few kilobytes. */
const MOST_ENTRIES = 1000;

/**
 * Rights of sets of groups: callers in the same groups have the same rights. Every change of rights increments one
 * version in its own transaction. The statement that finds a key or user reads that version, and rights are used only
 * if they were read at it.
 */
export class Abilities {
  /** By groups and narrowing. */
  private readonly entries = new LRUCache<string, Promise<Entry>>({ max: MOST_ENTRIES });
  private readonly readVersion: (since: number) => Promise<number>;

  constructor(
    private readonly db: Db,
    private readonly clock: Clock,
  ) {
    this.readVersion = shared(() => findRightsVersion(db));
  }

  /** Access of a caller that was just authenticated. */
  async accessOf(principal: Principal): Promise<Access> {
    return new Access(await this.rightsOf(principal), principal);
  }

  /**
   * The same caller’s current access, for anything that lives longer than a request, before each thing that it shows.
   * Throws UNAUTHENTICATED once the key is revoked, the user deleted or the token expired. Without a change this costs
   * one small read, shared by concurrent callers and, for an event read at `since` (performance.now()), by slightly
   * later ones.
   */
  async renew(access: Access, since = Number.POSITIVE_INFINITY): Promise<Access> {
    const { principal } = access;
    if (principal === null) return access;
    if (principal.expiresAt !== null && principal.expiresAt <= this.clock.now()) throw notValid();
    if ((await this.readVersion(since)) === principal.version) return access;
    return this.accessOf(await this.principalNow(principal));
  }

  /** Current access of a user or key that is not the caller: the author of a trigger. */
  async accessNow({ kind, id }: Pick<Principal, 'kind' | 'id'>): Promise<Access> {
    return this.accessOf(await this.principalNow({ kind, id, expiresAt: null }));
  }

  private async principalNow({
    kind,
    id,
    expiresAt,
  }: Pick<Principal, 'kind' | 'id' | 'expiresAt'>): Promise<Principal> {
    if (kind === 'USER') {
      const user = await findUserPrincipal(this.db, id);
      if (user === undefined) throw notValid();
      // The token's expiry, which the database does not know.
      return { ...userPrincipal(user), expiresAt };
    }
    const key = await findApiKeyPrincipal(this.db, id);
    if (key === undefined || key.revokedAt !== null) throw notValid();
    if (key.expiresAt !== null && key.expiresAt <= this.clock.now()) throw notValid();
    return apiKeyPrincipal(key);
  }

  private async rightsOf({ groupIds, within, version }: Principal): Promise<Rights> {
    const key = `${groupIds.join()} ${within === null ? '' : `within ${[...within].sort().join()}`}`;
    for (let kept = this.entries.get(key); kept !== undefined; kept = this.entries.get(key)) {
      const entry = await kept.catch(() => undefined);
      if (entry?.version === version) return entry.rights;
      // The entry is outdated or its read failed. If another caller has started a new read, the loop examines that one.
      if (this.entries.get(key) === kept) this.entries.delete(key);
    }
    const reading = this.read(groupIds, within);
    this.entries.set(key, reading);
    return (await reading).rights;
  }

  private async read(groupIds: readonly string[], within: readonly string[] | null): Promise<Entry> {
    const { version, groups } = await findRightsGroups(this.db, groupIds);
    const administrator = groups.some((group) => group.id === ACCOUNT_ADMINISTRATOR);
    return { version, rights: new Rights(groups, administrator, within) };
  }
}

/** Error for every invalid credential, for any reason. */
export const notValid = (): Refusal => new Refusal('UNAUTHENTICATED', 'This API key or token is not valid.');

/** Long enough for a page of events, and indistinguishable from a request that was faster than the change. */
const SHARE_MS = 20;

/**
 * Shares a read between all callers that ask during the next one, and for a moment after it. No caller gets the result
 * of a read that began before `since`, which may have missed a change. A caller that passes infinity gets a read that
 * begins later.
 */
function shared<T>(read: () => Promise<T>): (since: number) => Promise<T> {
  let newest: { readonly begunAt: number; readonly answer: Promise<T> } | undefined;
  let underWay = false;
  let next: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    underWay = true;
    const answer = read().finally(() => {
      underWay = false;
    });
    newest = { begunAt: performance.now(), answer };
    return answer;
  };
  return (since) => {
    if (newest !== undefined && newest.begunAt >= since && performance.now() - newest.begunAt < SHARE_MS)
      return newest.answer;
    if (newest === undefined || !underWay) return begin();
    next ??= newest.answer.then(ignore, ignore).then(() => {
      next = undefined;
      return begin();
    });
    return next;
  };
}

const ignore = () => undefined;
