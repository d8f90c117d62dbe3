import type { Log } from '../../kernel/log';

/** Lines of each second. A storm of requests must not fill the disk. */
const MOST_PER_SECOND = 100;

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
}
