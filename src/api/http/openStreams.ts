import type { Actor } from '../../access/actor';
import { Refusal } from '../../kernel/errors';

/** Counts the open streams of each caller across all transports of this process. */
export class OpenStreams {
  private readonly open = new Map<string, number>();
  /** Number of open streams by transport. */
  readonly counts = { websocket: 0, sse: 0 };

  constructor(private readonly mostOfCaller = 1_000) {}

  /** Counts a stream until `ended` aborts. Throws TOO_MANY_SUBSCRIPTIONS. */
  add({ kind, id }: Actor, ended: AbortSignal, transport: 'websocket' | 'sse'): void {
    const caller = `${kind} ${id}`;
    const count = this.open.get(caller) ?? 0;
    if (count >= this.mostOfCaller) throw tooManySubscriptions('This key', this.mostOfCaller);
    if (ended.aborted) return;
    this.open.set(caller, count + 1);
    this.counts[transport]++;
    ended.addEventListener('abort', () => this.remove(caller, transport), { once: true });
  }

  private remove(caller: string, transport: 'websocket' | 'sse'): void {
    this.counts[transport]--;
    const left = (this.open.get(caller) ?? 1) - 1;
    if (left === 0) this.open.delete(caller);
    else this.open.set(caller, left);
  }
}

export function tooManySubscriptions(whose: string, limit: number): Refusal {
  return new Refusal(
    'TOO_MANY_SUBSCRIPTIONS',
    `${whose} has ${limit} open streams, which is the limit. End one first.`,
    { limit },
  );
}
