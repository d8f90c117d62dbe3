import type { App } from '../../runs/app';
import { addressGroup } from './addressGroup';
import { Refusal } from '../../kernel/errors';
import { auditRefusal } from '../../access/audit/audited';

const PERIOD_MS = 60_000;
/** How many addresses have records of their own within a period; the rest is counted together. */
const mostAddresses = 100;

interface Failures {
  readonly address: string;
  /** After the first one, which has its record already. */
  more: number;
}

/**
 * Records invalid keys in the audit trail without letting their senders fill the table: the first of an address at
 * once, the others of the same minute as one record with their number. However many addresses an attacker has, a server
 * writes at most some 200 records a minute.
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

  /** Writes the records of what was only counted so far. */
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
