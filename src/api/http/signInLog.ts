import { LRUCache } from 'lru-cache';
import type { Actor } from '../../access/actor';
import type { Log } from '../../kernel/log';

/** After this time without a request, the next request of a caller counts as a new sign-in. */
const SESSION_MS = 3_600_000;
const MOST_KEPT = 10_000;

/**
 * Logs one `info` line for each sign-in. Keys and tokens come with every request, so a sign-in is the first request of
 * a caller from an address within an hour, on each server.
 */
export class SignInLog {
  private readonly known = new LRUCache<string, true>({ max: MOST_KEPT, ttl: SESSION_MS, updateAgeOnGet: true });

  constructor(private readonly log: Log) {}

  note({ kind, id, name }: Actor, address: string): void {
    const caller = `${kind} ${id} ${address}`;
    if (this.known.get(caller)) return;
    this.known.set(caller, true);
    this.log.info({ actor: name, actorKind: kind, actorId: id, address }, 'signed in');
  }
}
