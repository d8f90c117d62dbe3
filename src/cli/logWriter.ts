import type { LogPageFragment } from '../client/generated';
import type { Session } from './session';

/**
 * Prints output of commands: unchanged for one task; line by line, each with the name of its task, for several, and
 * with its time if asked for.
 */
export class LogWriter {
  private readonly begun = new Map<string, string>();

  constructor(
    private readonly session: Session,
    private readonly named: boolean,
    private readonly timed: boolean,
  ) {}

  write(jobId: string, name: string, page: LogPageFragment): void {
    const { ui } = this.session;
    const { frames, lines = [], final } = page;
    if (ui.json) for (const frame of frames) ui.answerLine({ task: name, jobId, ...frame });
    else if (this.timed) {
      for (const line of lines) {
        const time = line.continued && this.begun.has(jobId) ? '' : `${String(line.at)} `;
        this.add(jobId, name, `${time}${line.text}${line.ended ? '\n' : ''}`);
      }
    } else for (const frame of frames) this.add(jobId, name, frame.text);
    if (final) this.end(jobId, name);
  }

  /** Prints what has no line end. */
  end(jobId: string, name: string): void {
    const rest = this.begun.get(jobId) ?? '';
    this.begun.delete(jobId);
    if (rest === '') return;
    if (this.named) this.line(name, rest);
    else this.session.ui.raw(rest);
  }

  private add(jobId: string, name: string, text: string): void {
    const all = (this.begun.get(jobId) ?? '') + text;
    const cut = this.named ? all.lastIndexOf('\n') + 1 : wholeEscapes(all);
    this.begun.set(jobId, all.slice(cut));
    if (!this.named) this.session.ui.raw(all.slice(0, cut));
    else for (const line of all.slice(0, cut).split('\n').slice(0, -1)) this.line(name, line);
  }

  private line(name: string, text: string): void {
    const { ui } = this.session;
    ui.print(`${ui.paint.dim(`${name} |`)} ${text}`);
  }
}

const ESCAPE = '\u001b';
const LONGEST_ESCAPE = 32;

/** Length without an escape sequence that is cut at the end: a terminal would show the rest of it as text. */
function wholeEscapes(text: string): number {
  const at = text.lastIndexOf(ESCAPE);
  const isCut = at !== -1 && text.length - at < LONGEST_ESCAPE && /^(\[[\d;:?]*)?$/.test(text.slice(at + 1));
  return isCut ? at : text.length;
}
