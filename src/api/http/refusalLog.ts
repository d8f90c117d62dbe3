import type { Log } from '../../kernel/log';

/** Lines of each second. A storm of requests must not fill the disk. */
const MOST_PER_SECOND = 100;
const MOST_GROUPS = 100;

type Fields = Readonly<Record<string, unknown>>;

export interface LoggedRefusal {
  readonly code: string;
  readonly requestId: string;
  readonly address: string;
  readonly [name: string]: unknown;
}

/**
 * Logs one `info` line for each refusal: the code and who asked, never the values that were sent. Of more than a
 * hundred in one second, the rest are one line with their number.
 */
export class RefusalLog {
  private written = 0;
  private left = 0;
  private since = Number.NEGATIVE_INFINITY;
  private readonly groups = new Map<string, { readonly fields: Fields; count: number }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly log: Log) {}

  note(refusal: LoggedRefusal): void {
    if (!this.log.isLevelEnabled('info')) return;
    const now = performance.now();
    if (now - this.since >= 1_000) {
      if (this.left > 0) this.log.info({ refusals: this.left }, 'further requests refused');
      this.since = now;
      this.written = 0;
      this.left = 0;
    }
    if (this.written < MOST_PER_SECOND) {
      this.written++;
      this.log.info(refusal, 'request refused');
    } else this.left++;
  }

  /** Logs the refusals of each second that have the same key as one line with their number. */
  noteEqual(key: string, fields: Fields): void {
    if (!this.log.isLevelEnabled('info')) return;
    this.timer ??= setTimeout(() => this.flush(), 1_000).unref();
    // Above the limit, they share a line whatever their key is.
    const own = this.groups.has(key) || this.groups.size < MOST_GROUPS ? key : '';
    const group = this.groups.get(own) ?? { fields: own === '' ? {} : fields, count: 0 };
    this.groups.set(own, group);
    group.count++;
  }

  /** Logs what has been counted. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const { fields, count } of this.groups.values()) this.log.info({ ...fields, count }, 'requests refused');
    this.groups.clear();
  }
}
