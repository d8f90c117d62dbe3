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

/** More than there are teams; each is some kilobytes. */
const MOST_ENTRIES = 1000;

/**
 * Rights of sets of groups, since callers in the same groups may do the same. Every change of rights raises one number
 * in its own transaction; the statement that finds a key or user reads that number; rights are used only if they were
 * read at that number.
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

  /** The access of somebody who was just authenticated. */
  async accessOf(principal: Principal): Promise<Access> {
    return new Access(await this.rightsOf(principal), principal);
  }

  /**
   * The same caller's access now: for whatever lives longer than a request, before each thing that it shows.
   * UNAUTHENTICATED once the key is revoked, the user deleted or the time over. When nothing changed this costs one
   * small read, shared by all that ask at the same time; for something that was read `since` (of performance.now()),
   * also by those that ask a moment later.
   */
  async renew(access: Access, since = Number.POSITIVE_INFINITY): Promise<Access> {
    const { principal } = access;
    if (principal === null) return access;
    if (principal.expiresAt !== null && principal.expiresAt <= this.clock.now()) throw notValid();
    if ((await this.readVersion(since)) === principal.version) return access;
    return this.accessOf(await this.principalNow(principal));
  }

  private async principalNow({ kind, id, expiresAt }: Principal): Promise<Principal> {
    if (kind === 'USER') {
      const user = await findUserPrincipal(this.db, id);
      if (user === undefined) throw notValid();
      // The token's end, of which the database knows nothing.
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
      // Too old, or its reading failed. Otherwise somebody else has begun to read meanwhile, and the loop looks at
      // that.
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

/** The words for every credential that does not count (any more), whatever the reason. */
export const notValid = (): Refusal => new Refusal('UNAUTHENTICATED', 'This API key or token is not valid.');

/** Long enough for a page of events; nobody can tell it from a request that was quicker than the change. */
const SHARE_MS = 20;

/**
 * Shares a read between all that ask while another one is under way, and for a moment after it. No caller gets the
 * result of a read that began before `since`: that read may have missed a change that the current state already
 * reflects. A caller that asks as of now (infinity) gets a read that begins later.
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
