import type { Log } from '../log';
import type { Changing } from '../source';
import type { Listener, Wakeups } from './wakeups';

/**
 * Definition of a kind of watched subject, such as a run. A `Position` is a place in the order of the subject's items.
 */
export interface FeedKind<Subject, Item extends object, Position> {
  /** Subjects with the same key share a feed. */
  key(subject: Subject): string;
  /** Topics whose wake-ups may announce new items. */
  topics(subject: Subject): readonly string[];
  /** Reads the items after a position, in order. */
  read(subject: Subject, after: Position): Promise<FeedRead<Item, Position>>;
  positionOf(item: Item): Position;
  /** Negative, zero or positive, as for Array.sort. */
  compare(a: Position, b: Position): number;
  /** Keys of the subjects with new items, from one statement for all. Without it, each poll reads every subject. */
  moved?(positions: ReadonlyMap<string, Position>): Promise<readonly string[]>;
  /** Called for items that arrived while the feed was up to date. */
  onLive?(items: readonly Item[]): void;
  /** Called when the last follower of a subject has left. */
  onEnd?(subject: Subject): void;
  /** Number of items that stay in memory for followers that lag slightly. */
  readonly keep: number;
  /** Minimum time between two reads, for subjects that change faster than people can see. */
  readonly restMs?: number;
}

export interface FeedRead<Item, Position> {
  readonly items: readonly Item[];
  /** Everything up to this position has been read. */
  readonly position: Position;
  /** True if more items can be read immediately. */
  readonly more?: boolean;
  /** Time until the next read, if more will come without a wake-up. */
  readonly againMs?: number;
}

/** Handle of one follower of a feed. */
export interface Follower<Item, Position> extends Changing {
  /**
   * Items after a position; undefined if some of them are no longer in memory, so that the follower has to read them.
   */
  after(position: Position): readonly Item[] | undefined;
  /** The newest item, for followers that skip the others. */
  newest(): Item | undefined;
  /** False while the feed reads more. */
  readonly settled: boolean;
  close(): void;
}

/** Interval of reads without wake-ups, if one poll serves all feeds of its kind. */
const LONG_MS = 600_000;
const RETRY_MS = 1000;

/**
 * One reader in this process for each watched subject, for any number of followers. All of them get the same objects,
 * so work per item is done once. A feed never waits: a follower that lags by more than `keep` items reads separately
 * from its position. So a slow follower costs no memory and delays nobody.
 */
export class Feeds<Subject, Item extends object, Position> {
  private readonly feeds = new Map<string, Feed<Subject, Item, Position>>();
  private poll: NodeJS.Timeout | undefined;

  constructor(
    private readonly kind: FeedKind<Subject, Item, Position>,
    private readonly options: { readonly wakeups: Wakeups; readonly pollMs: number; readonly log: Log },
  ) {}

  /** Number of watched subjects. */
  get size(): number {
    return this.feeds.size;
  }

  /** Number of followers of the subject with this key. */
  followers(key: string): number {
    return this.feeds.get(key)?.followers ?? 0;
  }

  /** Follows a subject. A new feed starts at `start` and delivers everything after it. */
  follow(subject: Subject, start: Position): Follower<Item, Position> {
    const key = this.kind.key(subject);
    let feed = this.feeds.get(key);
    if (feed === undefined) {
      const { wakeups, pollMs, log } = this.options;
      const listener = wakeups.listen(this.kind.topics(subject));
      feed = new Feed(this.kind, subject, start, listener, this.kind.moved === undefined ? pollMs : LONG_MS, log);
      this.feeds.set(key, feed);
      this.pollLater();
    }
    return feed.join(() => {
      if (this.feeds.get(key) !== feed) return;
      this.feeds.delete(key);
      this.kind.onEnd?.(subject);
    });
  }

  private pollLater(): void {
    if (this.kind.moved === undefined || this.poll !== undefined) return;
    this.poll = setTimeout(() => {
      this.pollAll()
        // The feeds' reads report problems of the database.
        .catch(() => undefined)
        .finally(() => {
          this.poll = undefined;
          if (this.feeds.size > 0) this.pollLater();
        });
    }, this.options.pollMs);
    this.poll.unref();
  }

  private async pollAll(): Promise<void> {
    const positions = new Map([...this.feeds].map(([key, feed]) => [key, feed.position]));
    for (const key of (await this.kind.moved?.(positions)) ?? []) this.feeds.get(key)?.wake();
  }
}

class Feed<Subject, Item extends object, Position> {
  position: Position;
  /** Items after `from`, up to `position`. */
  private recent: readonly Item[] = [];
  private from: Position;
  private reading = true;
  /** True once it has caught up. */
  private live = false;
  followers = 0;
  private waiting = new Set<() => void>();
  private failing = false;

  constructor(
    private readonly kind: FeedKind<Subject, Item, Position>,
    private readonly subject: Subject,
    start: Position,
    private readonly listener: Listener,
    private readonly waitMs: number,
    private readonly log: Log,
  ) {
    this.position = start;
    this.from = start;
    void this.serve();
  }

  wake(): void {
    this.listener.wake();
  }

  join(onEmpty: () => void): Follower<Item, Position> {
    this.followers++;
    let closed = false;
    let waiting: (() => void) | undefined;
    const feed = this;
    return {
      after: (position) => feed.after(position),
      newest: () => feed.recent.at(-1),
      get settled() {
        return !feed.reading;
      },
      onChange(heard) {
        waiting = heard;
        feed.waiting.add(heard);
      },
      close: () => {
        if (closed) return;
        closed = true;
        if (waiting !== undefined) feed.waiting.delete(waiting);
        feed.followers--;
        if (feed.followers > 0) return;
        onEmpty();
        feed.listener.close();
      },
    };
  }

  private after(position: Position): readonly Item[] | undefined {
    const { kind, recent } = this;
    if (kind.compare(position, this.position) >= 0) return [];
    if (kind.compare(position, this.from) < 0) return undefined;
    // Followers are nearly always at the end.
    let first = recent.length;
    for (let item = recent[first - 1]; item !== undefined; item = recent[first - 1]) {
      if (kind.compare(kind.positionOf(item), position) <= 0) break;
      first--;
    }
    return recent.slice(first);
  }

  private async serve(): Promise<void> {
    // The listener exists before the first read, so a change after that read ends the wait below.
    do {
      const read = await this.read();
      if (read !== undefined) this.add(read);
      if (read?.more) continue;
      await this.rest();
      if (this.followers > 0) await this.listener.wait(read === undefined ? RETRY_MS : (read.againMs ?? this.waitMs));
    } while (this.followers > 0);
  }

  private add({ items, position, more = false }: FeedRead<Item, Position>): void {
    const { keep, positionOf } = this.kind;
    const before = this.recent.slice(Math.max(0, this.recent.length - keep));
    const dropped = this.recent[this.recent.length - before.length - 1];
    if (dropped !== undefined) this.from = positionOf(dropped);
    this.recent = items.length === 0 ? before : [...before, ...items];
    this.position = position;
    if (this.live && items.length > 0) this.kind.onLive?.(items);
    this.live ||= !more;
    const news = items.length > 0 || this.reading !== more;
    this.reading = more;
    if (!news) return;
    const waiting = this.waiting;
    this.waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** Followers keep waiting during an outage: the position stays, so they miss nothing. */
  private async read(): Promise<FeedRead<Item, Position> | undefined> {
    try {
      const read = await this.kind.read(this.subject, this.position);
      this.failing = false;
      return read;
    } catch (error) {
      if (!this.failing) this.log.warn({ err: error }, 'a feed could not be read; retrying');
      this.failing = true;
      return undefined;
    }
  }

  private async rest(): Promise<void> {
    const { restMs } = this.kind;
    if (restMs === undefined || this.followers === 0) return;
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
}
