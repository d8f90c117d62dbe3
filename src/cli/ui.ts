import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import type { Spinner } from 'yocto-spinner';
import { exit, Failure, usage } from './failure';

/** Streams and environment of a command line. */
export type Terminal = Pick<NodeJS.Process, 'env' | 'stdin' | 'stdout' | 'stderr'>;

/**
 * Terminal, or pipes of a script. Results go to standard output; with `--json` only JSON does, and text for people goes
 * to standard error. Questions, progress and errors always go to standard error.
 */
export class Ui {
  readonly paint: ReturnType<typeof pc.createColors>;
  private readonly out: NodeJS.WriteStream;
  private spinner: Spinner | undefined;

  private get columns(): number {
    return this.out.columns || DEFAULT_COLUMNS;
  }

  constructor(
    readonly json: boolean,
    readonly terminal: Terminal,
  ) {
    this.out = json ? terminal.stderr : terminal.stdout;
    this.paint = pc.createColors(pc.isColorSupported && this.out.isTTY === true);
  }

  /** Lines for people. On a terminal, long ones break between words. */
  say(...lines: readonly string[]): void {
    for (const line of lines.flatMap((text) => text.split('\n')))
      this.print(this.out.isTTY ? fold(line, this.columns) : line);
  }

  /** Prints a line unchanged, such as one of a log. */
  print(line: string): void {
    this.out.write(`${this.out.isTTY ? this.shown(line) : line}\n`);
  }

  /** Prints text without a line end, to standard output. */
  raw(text: string): void {
    const { stdout } = this.terminal;
    stdout.write(stdout.isTTY ? this.shown(text) : text);
  }

  /** A terminal gets colors if it shows them, and nothing that moves its cursor or talks to it. */
  private shown(text: string): string {
    return this.paint.isColorSupported ? harmless(text) : stripVTControlCharacters(harmless(text));
  }

  /** Prints the result for programs; without `--json` it has already been printed as text. */
  answer(value: unknown): void {
    if (this.json) this.terminal.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** Prints one of many results on a separate line. */
  answerLine(value: unknown): void {
    if (this.json) this.terminal.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Shows a progress line on a terminal until `endProgress` removes it. */
  async beginProgress(): Promise<void> {
    if (!this.terminal.stderr.isTTY) return;
    const { default: spinner } = await import('yocto-spinner');
    this.spinner = spinner({ stream: this.terminal.stderr, handleSignals: false }).start();
  }

  progress(text: string): void {
    if (this.spinner !== undefined) this.spinner.text = harmless(text);
  }

  endProgress(): void {
    this.spinner?.stop();
    this.spinner = undefined;
  }

  /** Asks for confirmation. Fails without a terminal, where `--yes` is needed. */
  async confirm(question: string, initially: boolean): Promise<boolean> {
    if (!this.terminal.stdin.isTTY || !this.terminal.stderr.isTTY) {
      throw usage('This command needs confirmation, and there is no terminal to ask on.', 'Add --yes to confirm it.');
    }
    const { confirm } = await import('@clack/prompts');
    const answer = await confirm({ message: harmless(question), initialValue: initially, ...this.prompting() });
    return answer === true;
  }

  /** Lets a person choose from a list. Null without a terminal. */
  async pick(
    question: string,
    options: readonly { readonly value: string; readonly label: string; readonly hint: string }[],
    { initial = null, declined }: { readonly initial?: string | null; readonly declined: string },
  ): Promise<string | null> {
    if (!this.terminal.stdin.isTTY || !this.terminal.stderr.isTTY) return null;
    const { select } = await import('@clack/prompts');
    const shown = options.map(({ value, label, hint }) => ({ value, label: harmless(`${label}  ${hint}`.trimEnd()) }));
    const first = initial === null ? {} : { initialValue: initial };
    const asked = { message: harmless(question), options: shown, maxItems: 10, ...first };
    const answer = await select({ ...asked, ...this.prompting() });
    if (typeof answer !== 'string') throw new Failure(exit.declined, 'DECLINED', declined);
    return answer;
  }

  /** Asks for a text. Null without a terminal. */
  async ask(question: string, initial: string, problem: (value: string) => string | undefined): Promise<string | null> {
    if (!this.terminal.stdin.isTTY || !this.terminal.stderr.isTTY) return null;
    const { text } = await import('@clack/prompts');
    const validate = (value: string | undefined) => problem(value ?? '');
    const asked = { message: harmless(question), initialValue: initial, validate };
    const answer = await text({ ...asked, ...this.prompting() });
    if (typeof answer === 'symbol') throw new Failure(exit.declined, 'DECLINED', 'No value was entered.');
    return answer ?? '';
  }

  private prompting() {
    const { stdin: input, stderr: output } = this.terminal;
    // A terminal that does not know its size reports 0, and each letter would get a separate line.
    output.columns ||= DEFAULT_COLUMNS;
    return { input, output };
  }

  /** Prints columns as wide as their widest cells, or a block per row if they don't fit. Nothing is cut off. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = head.map((title, column) =>
      Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map(width)),
    );
    const line = (cells: readonly string[]) =>
      cells
        .map((cell, n) => pad(cell, widths[n] ?? 0))
        .join('  ')
        .trimEnd();
    const whole = widths.reduce((sum, one) => sum + one + 2, -2);
    if (this.out.isTTY && whole > this.columns && head.some((title) => title !== '')) {
      for (const [first = '', ...cells] of rows) {
        this.say(
          first,
          `  ${cells
            .map((cell) => cell.trimEnd())
            .filter(Boolean)
            .join('  ')}`,
        );
      }
      return;
    }
    this.say(this.paint.dim(line(head)), ...rows.map(line));
  }

  /** A status with its sign and color, padded to a column. */
  status(status: string): string {
    const { paint } = this;
    const colors: Readonly<Record<string, (text: string) => string>> = {
      SUCCESS: paint.green,
      RUNNING: paint.cyan,
      RESUMING: paint.cyan,
      RESTORING: paint.cyan,
      WAITING: paint.yellow,
      PAUSED: paint.yellow,
      SKIPPED: paint.dim,
      QUEUED: paint.dim,
    };
    return (colors[status] ?? paint.red)(`${signs[status] ?? '✗'} ${status.padEnd(LONGEST_STATUS)}`);
  }
}

/** Fails unless the answer to the question is yes. */
export async function refuseUnlessConfirmed(ui: Ui, question: string, initially = true): Promise<void> {
  if (!(await ui.confirm(question, initially))) throw new Failure(exit.declined, 'DECLINED', 'Nothing was changed.');
}

const LONGEST_STATUS = 'RESTORING'.length;
const signs: Readonly<Record<string, string>> = {
  SUCCESS: '✓',
  RUNNING: '▸',
  RESUMING: '▸',
  RESTORING: '▸',
  WAITING: '…',
  PAUSED: '…',
  SKIPPED: '–',
  QUEUED: '·',
};

const DEFAULT_COLUMNS = 80;

/** Breaks a line between words, with its indent plus two columns. A word that is too long stays whole. */
export function fold(line: string, columns: number): string {
  if (width(line) <= columns) return line;
  const indent = `${/^ */.exec(stripVTControlCharacters(line))?.[0] ?? ''}  `;
  const folded: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S) (?=.)/)) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (current.trim() === '' || width(longer.trimEnd()) <= columns) current = longer;
    else {
      folded.push(current.trimEnd());
      current = indent + word.trimStart();
    }
  }
  return [...folded, current].join('\n');
}

const width = (text: string): number => stripVTControlCharacters(text).length;
const pad = (text: string, to: number): string => text + ' '.repeat(Math.max(0, to - width(text)));

/**
 * Removes all control sequences except colors: they could move the cursor, set the title or make the terminal respond.
 */
export function harmless(text: string): string {
  // Written as text, because biome forbids control characters in patterns.
  return text.replace(new RegExp(CONTROL, 'g'), (found) => (/^\[[\d;:]*m$/.test(found.slice(1)) ? found : ''));
}

const ESC = '\\u001b';
const CONTROL = [
  `${ESC}\\[[0-?]*[ -/]*[@-~]`, // CSI
  `${ESC}[\\]PX^_][^\\u0007${ESC}]*(?:\\u0007|${ESC}\\\\)?`, // OSC and other strings
  `${ESC}[ -/]*[0-~]?`, // the rest of the escapes
  '[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001a\\u001c-\\u001f\\u007f-\\u009f]',
].join('|');

/** Joins the parts that are not empty. */
export const words = (...parts: readonly string[]): string => parts.filter(Boolean).join(' ').trimEnd();

const SHOWN_NAMES = 12;
export const names = (all: readonly string[]): string =>
  all.length <= SHOWN_NAMES
    ? all.join(', ')
    : `${all.slice(0, SHOWN_NAMES).join(', ')} and ${all.length - SHOWN_NAMES} more`;

/** `0.3 s`, `1 min 5 s`, `2 h 3 min`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '';
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The local time of day, `14:03:07`. */
export const timeOfDay = (at: string): string => new Date(at).toLocaleTimeString('en-GB');

/** The local date and time, `2026-11-21 14:03`. */
export const moment = (at: string): string => `${new Date(at).toLocaleString('sv-SE').slice(0, 16)}`;
