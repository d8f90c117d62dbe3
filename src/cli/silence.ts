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
  private over = false;

  constructor(
    private readonly session: Session,
    private readonly id: string,
  ) {}

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
    for (const { code, message, taskExecutionId } of answer?.execution?.whyNotRunning ?? []) {
      const key = `${code} ${taskExecutionId}`;
      if (!UNREPORTED.includes(code) || this.told.has(key)) continue;
      this.told.add(key);
      ui.say(ui.paint.yellow(message));
    }
    this.interrupted(NEXT_MS);
  }
}
