import type { ApiError } from '../../../client/apiError';
import { asApiError, server } from '../../data/server';
import { followLog } from './follow';
import { ConsoleLogLinesDocument, ConsoleLogTailDocument, type LogLineFragment } from './generated';

/** Lines that are read at once. */
const PAGE = 200;
/** Pages that are kept, so that a log of any length takes bounded memory. */
const MOST_PAGES = 60;
/** Characters of a line that are kept. */
const LONGEST = 12_000;
/** Answers of at most 1 MiB that one page may take. Lines that are still missing are read once they are shown again. */
const MOST_ANSWERS = 20;

export interface LogBookState {
  /** Changes with every change. */
  readonly version: number;
  /** Lines of the log so far. */
  readonly total: number;
  readonly loaded: boolean;
  readonly final: boolean;
  /** Marks of groups that have arrived since the start: the groups have changed. */
  readonly marks: number;
  readonly error: ApiError | undefined;
}

/** A log of any length: the lines that a reader looks at, and those that arrive. */
export class LogBook {
  private readonly pages = new Map<number, Map<number, LogLineFragment>>();
  private readonly listeners = new Set<() => void>();
  private state: LogBookState = { version: 0, total: 0, loaded: false, final: false, marks: 0, error: undefined };
  private wanted: readonly [number, number] = [1, 1];
  private reading = false;
  private readonly end = new AbortController();

  constructor(readonly jobId: string) {}

  readonly get = (): LogBookState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  line(number: number): LogLineFragment | undefined {
    return this.pages.get(pageOf(number))?.get(number);
  }

  /** Reads the end of the log, then follows it. */
  async open(): Promise<void> {
    const { jobId } = this;
    const { signal } = this.end;
    try {
      const { jobLog: page } = await server.ask(ConsoleLogTailDocument, { jobId, lastLines: PAGE }, { signal });
      this.add(page.lines, page.final);
      if (!page.final)
        await followLog(jobId, page.nextOffset ?? 0, (lines, final) => this.add(lines, final, true), signal);
    } catch (error) {
      this.fail(error);
    }
  }

  close(): void {
    this.end.abort();
  }

  /** Lines that are shown, or soon will be. Only the newest wish counts. */
  want(from: number, to: number): void {
    this.wanted = [Math.max(1, from), Math.min(to, this.state.total)];
    if (!this.reading) void this.read();
  }

  private async read(): Promise<void> {
    this.reading = true;
    try {
      for (let page = this.missing(); page !== undefined; page = this.missing()) await this.readPage(page);
    } catch (error) {
      this.fail(error);
    } finally {
      this.reading = false;
    }
  }

  /** The first wanted page that lacks a line. */
  private missing(): number | undefined {
    const [from, to] = this.wanted;
    for (let number = from; number <= to; number++) if (this.line(number) === undefined) return pageOf(number);
    return undefined;
  }

  private async readPage(page: number): Promise<void> {
    const { jobId } = this;
    const { signal } = this.end;
    const last = Math.min((page + 1) * PAGE, this.state.total);
    let from = page * PAGE + 1;
    const found: LogLineFragment[] = [];
    for (let answer = 0; answer < MOST_ANSWERS && from <= last; answer++) {
      const variables = { jobId, fromLine: from, lines: last - from + 1 };
      const { jobLog: part } = await server.ask(ConsoleLogLinesDocument, variables, { signal });
      const lines = [...part.lines];
      const cut = part.more && lines.at(-1)?.ended === false;
      // A line that an answer cuts is read again from its beginning, unless it is longer than any answer.
      if (cut && lines.length > 1) lines.pop();
      found.push(...lines);
      from = (lines.at(-1)?.number ?? last) + 1;
    }
    // What the server no longer has must not be asked for again and again.
    for (let number = page * PAGE + 1; number <= last; number++)
      if (!found.some((line) => line.number === number)) found.push(emptyLine(number));
    this.put(found.filter(({ number }) => this.line(number) === undefined && number <= last));
    this.change({});
  }

  private add(lines: readonly LogLineFragment[], final: boolean, follows = false): void {
    const merged = lines.map((line) => {
      const before = line.continued ? this.line(line.number) : undefined;
      return before === undefined ? line : { ...before, text: before.text + line.text, ended: line.ended };
    });
    this.put(merged);
    const total = Math.max(this.state.total, merged.at(-1)?.number ?? 0);
    const marks = follows ? merged.filter(({ group, endsGroup }) => group !== null || endsGroup).length : 0;
    this.change({ total, final, loaded: true, marks: this.state.marks + marks });
  }

  private put(lines: readonly LogLineFragment[]): void {
    for (const line of lines) {
      const at = pageOf(line.number);
      const page = this.pages.get(at) ?? new Map<number, LogLineFragment>();
      page.set(line.number, line.text.length > LONGEST ? { ...line, text: line.text.slice(0, LONGEST) } : line);
      // The map's order is that of the last use.
      this.pages.delete(at);
      this.pages.set(at, page);
    }
    // The end stays: it grows by what arrives, and must not be read a second time.
    const end = pageOf(this.state.total);
    const shown = pageOf(this.wanted[0]);
    for (const page of this.pages.keys()) {
      if (this.pages.size <= MOST_PAGES) return;
      if (page < end - 1 && Math.abs(page - shown) > 3) this.pages.delete(page);
    }
  }

  private fail(error: unknown): void {
    if (!this.end.signal.aborted) this.change({ loaded: true, error: asApiError(error) });
  }

  private change(changes: Partial<LogBookState>): void {
    this.state = { ...this.state, ...changes, version: this.state.version + 1 };
    for (const listener of this.listeners) listener();
  }
}

const pageOf = (number: number): number => Math.floor((number - 1) / PAGE);

const emptyLine = (number: number): LogLineFragment => ({
  ...{ __typename: 'JobLogLine', number, at: '', stream: 'stdout', text: '' },
  ...{ continued: false, ended: true, group: null, endsGroup: false },
});
