import type { CSSProperties, ReactNode } from 'react';
import { classes } from '../classes';
import { type AnsiRun, type AnsiStyle, luminanceOf, parseAnsi, plain, readable } from './ansi';
import styles from './Log.module.css';

/** Characters of one line that are shown. The download has them all. */
const SHOWN = 10_000;

interface LogTextProps {
  readonly text: string;
  /** Style with which the line begins. */
  readonly before?: AnsiStyle;
  /** Text to mark. */
  readonly mark?: string | undefined;
}

/** A line of a log, with the colors that its escape sequences name. */
export function LogText({ text, before = plain, mark }: LogTextProps) {
  const { runs } = parseAnsi(text.slice(0, SHOWN), before);
  const shown = mark ? marked(runs, mark.toLowerCase()) : runs;
  return (
    <>
      {shown.map((run, index) => (
        <Run key={index} run={run} />
      ))}
      {text.length > SHOWN && (
        <span className={styles.cut}>
          {' '}
          … {(text.length - SHOWN).toLocaleString('en')} more characters in the download
        </span>
      )}
    </>
  );
}

interface MarkedRun extends AnsiRun {
  readonly marked?: boolean;
}

/** Cuts runs where the text is found, also across runs. */
function marked(runs: readonly AnsiRun[], mark: string): MarkedRun[] {
  const whole = runs
    .map(({ text }) => text)
    .join('')
    .toLowerCase();
  const cuts: number[] = [];
  for (let at = whole.indexOf(mark); at !== -1; at = whole.indexOf(mark, at + mark.length))
    cuts.push(at, at + mark.length);
  if (cuts.length === 0) return [...runs];
  const result: MarkedRun[] = [];
  let start = 0;
  for (const { text, style } of runs) {
    const inside = cuts.filter((cut) => cut > start && cut < start + text.length);
    const edges = [start, ...inside, start + text.length];
    for (const [index, from] of edges.slice(0, -1).entries()) {
      const to = edges[index + 1] ?? from;
      const within = cuts.findLastIndex((cut) => cut <= from);
      result.push({ text: text.slice(from - start, to - start), style, marked: within !== -1 && within % 2 === 0 });
    }
    start += text.length;
  }
  return result;
}

function Run({ run: { text, style, marked: isMarked } }: { readonly run: MarkedRun }): ReactNode {
  if (isMarked) return <mark className={styles.mark}>{text}</mark>;
  if (style === plain) return text;
  const { bold, dim, italic, underline, strike, inverse } = style;
  const color = inverse ? style.background : style.color;
  const background = inverse ? (style.color ?? 7) : style.background;
  const css: CSSProperties = {};
  if (typeof background === 'string') {
    css.background = background;
    css.color = luminanceOf(background) > 0.18 ? '#000' : '#fff';
  } else if (typeof color === 'string' && background === undefined) css.color = readable(color);
  // Only text without a background has its own color: dark text is readable on each background of the palette.
  const name = classes(
    typeof background === 'number' && background > 0 && styles[`ground${background}`],
    typeof color === 'number' && (background === undefined || background === 0) && styles[`color${color}`],
    bold && styles.bold,
    dim && background === undefined && styles.dim,
    italic && styles.italic,
    underline && styles.underline,
    strike && styles.strike,
  );
  return (
    <span className={name || undefined} style={css}>
      {text}
    </span>
  );
}
