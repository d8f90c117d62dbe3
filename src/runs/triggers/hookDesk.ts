import { LRUCache } from 'lru-cache';
import { openHookSecrets } from '../../catalog/triggers/hookSecrets';
import { countRejected, findHookByPath } from '../../catalog/triggers/triggers.store';
import { type Trigger, triggers } from '../../catalog/triggers/triggers';
import { type HookSender, hookOf, isUnsigned } from '../../catalog/language/triggerShape';
import { topic } from '../../kernel/database/wakeups';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';

/** An address of webhooks, as it was at most a second ago. */
export interface KnownHook {
  readonly path: string;
  readonly trigger: Trigger;
  readonly sender: HookSender;
  readonly secrets: readonly string[];
  /** False if knowledge of the address is enough. It does not depend on whether a secret can be read. */
  readonly signed: boolean;
}

const KNOWN_MS = 1000;
const MOST_KNOWN = 10_000;
const MOST_UNKNOWN = 1000;
/** Reads of unknown addresses at a time, so that guesses never take the connections of other callers. */
const MOST_READS = 8;
const FLUSH_MS = 5000;
const form = /^[\w-]{43}$/;

/**
 * Addresses of webhooks. A delivery with a bad signature costs a lookup in memory and a hash: it is counted in memory,
 * and written every few seconds.
 */
export class HookDesk {
  private readonly known = new LRUCache<string, { at: number; readonly hook: Promise<KnownHook | null> }>({
    max: MOST_KNOWN,
  });
  /** Paths that do not exist, with the time at which they were looked for. Guesses displace no address that exists. */
  private readonly unknown = new LRUCache<string, number>({ max: MOST_UNKNOWN });
  private readonly rejected = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private reads = 0;

  constructor(private readonly app: App) {
    app.database.wakeups.onSignal(topic.hooks, () => {
      for (const kept of this.known.values()) kept.at = Number.NEGATIVE_INFINITY;
      this.unknown.clear();
    });
  }

  /** The address, or null if it does not exist or its trigger is switched off. */
  async find(path: string): Promise<KnownHook | null> {
    if (!form.test(path)) return null;
    const kept = this.known.get(path);
    const now = this.app.clock.now().getTime();
    if (kept !== undefined && Math.abs(now - kept.at) < KNOWN_MS) return kept.hook;
    if (Math.abs(now - (this.unknown.get(path) ?? Number.NEGATIVE_INFINITY)) < KNOWN_MS) return null;
    if (kept === undefined && this.reads >= MOST_READS) {
      const message = 'Too many webhooks with unknown addresses are arriving. Try again later.';
      throw new Refusal('RATE_LIMITED', message, { retryAfterSeconds: 1 });
    }
    this.reads++;
    const hook = this.read(path).finally(() => {
      this.reads--;
    });
    this.known.set(path, { at: now, hook });
    return hook.then(
      (found) => {
        if (found === null) {
          this.forget(path);
          this.unknown.set(path, now);
        }
        return found;
      },
      (error: unknown) => {
        this.forget(path);
        throw error;
      },
    );
  }

  /** Reads the address anew for the next delivery. */
  forget(path: string): void {
    this.known.delete(path);
  }

  /** True if a trigger received webhooks at the path when this server last looked. */
  knows(path: string): boolean {
    return this.known.has(path);
  }

  /** Counts a delivery that was refused because of its signature, or because its sender has sent too many such. */
  reject(triggerId: string): void {
    this.rejected.set(triggerId, (this.rejected.get(triggerId) ?? 0) + 1);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.write().catch((error: unknown) => {
        this.app.log.warn({ err: error }, 'refused webhooks could not be counted');
      });
    }, FLUSH_MS);
  }

  /** Writes the counts, when the server stops. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.write();
  }

  private async write(): Promise<void> {
    const counts = new Map(this.rejected);
    this.rejected.clear();
    if (counts.size > 0) await countRejected(this.app.database, counts, this.app.clock.now());
  }

  private async read(path: string): Promise<KnownHook | null> {
    const { app } = this;
    const hook = await findHookByPath(app.database, path);
    const trigger = hook && (await triggers.find(app.database, hook.triggerId));
    const receives = trigger && hookOf(trigger.definition);
    if (!trigger?.enabled || !receives) return null;
    const secrets = await openHookSecrets(app, trigger, receives.secrets, hook, app.clock.now());
    const signed = receives.secrets.length > 0 || !isUnsigned(receives.sender);
    return { path, trigger, sender: receives.sender, secrets, signed };
  }
}
