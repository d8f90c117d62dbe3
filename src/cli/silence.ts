import { ReadWhyDocument } from '../client/generated';
import type { Session } from './session';

/** Time without an event after which the reasons are read, and read again. */
const FIRST_MS = 3000;
const NEXT_MS = 15_000;
/** Reasons that no event reports. */
const UNREPORTED = ['NO_AGENT', 'QUEUE', 'RETRY'];

/** Tells why a run that is followed does not proceed, once it has been silent for a while: each reason once. */
export class Silence {
  private readonly told = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  /** True until the reasons for the wait of a whole run, which began before it was followed, have been shown. */
  private joined = false;
  private over = false;

  constructor(
    private readonly session: Session,
    private readonly id: string,
  ) {}

  /** Called with the state at which following begins. */
  joining(): void {
    this.joined = true;
    this.interrupted(0);
  }

  /** Called with each event, which ends the silence. */
  interrupted(waitMs = FIRST_MS): void {
    clearTimeout(this.timer);
    if (!this.over) this.timer = setTimeout(() => void this.tell(), waitMs);
  }

  end(): void {
    this.over = true;
    clearTimeout(this.timer);
  }

  private async tell(): Promise<void> {
    const { api, ui } = this.session;
    // The stream that is being followed reports an outage.
    const answer = await api.ask(ReadWhyDocument, { id: this.id }).catch(() => undefined);
    if (this.over) return;
    const reasons = answer?.execution?.whyNotRunning ?? [];
    for (const { code, message, stageExecutionId, taskExecutionId } of reasons) {
      const key = `${code} ${taskExecutionId}`;
      const whole = this.joined && stageExecutionId === null && taskExecutionId === null;
      if (!(whole || UNREPORTED.includes(code)) || this.told.has(key)) continue;
      this.told.add(key);
      ui.say(ui.paint.yellow(message));
    }
    if (answer !== undefined) this.joined = false;
    this.interrupted(NEXT_MS);
  }
}
