import type { App } from '../../runs/app';
import { addressGroup } from './addressGroup';
import { Refusal } from '../../kernel/errors';
import { auditRefusal } from '../../access/audit/audited';

const PERIOD_MS = 60_000;
/** Number of addresses with records of their own per period; all others share one count. */
const mostAddresses = 100;

interface Failures {
  readonly address: string;
  /** Failures after the first, which has its own record. */
  more: number;
}

/**
 * Records invalid keys in the audit trail without letting attackers fill the table. The first failure of an address is
 * recorded immediately, the others of that minute as one record with their number. A server writes at most about 200
 * records a minute, however many addresses are involved.
 */
export class FailedLogins {
  private readonly failures = new Map<string, Failures>();
  private others = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<unknown> = Promise.resolve();

  constructor(private readonly app: App) {}

  note(address: string): void {
    const group = addressGroup(address);
    this.timer ??= setTimeout(() => this.flush(), PERIOD_MS).unref();
    const known = this.failures.get(group);
    if (known !== undefined) known.more += 1;
    else if (this.failures.size >= mostAddresses) this.others += 1;
    else {
      this.failures.set(group, { address, more: 0 });
      this.write(address, 1);
    }
  }

  /** Writes the records of failures that were only counted so far. */
  flush(): Promise<unknown> {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const { address, more } of this.failures.values()) if (more > 0) this.write(address, more);
    if (this.others > 0) this.write(null, this.others);
    this.failures.clear();
    this.others = 0;
    return this.writing;
  }

  private write(address: string | null, attempts: number): void {
    const actor = { kind: 'ANONYMOUS', id: 'anonymous', name: 'nobody' } as const;
    const attempt = { actor, address, requestId: null, action: 'login', input: { attempts } };
    const refused = new Refusal('UNAUTHENTICATED', 'The key is not valid.');
    this.writing = Promise.all([this.writing, auditRefusal(this.app, attempt, refused)]);
  }
}
