import { type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Button } from '../Button';
import { classes } from '../classes';
import { Icon } from '../Icon';
import { durationText, exactText } from '../times';
import { type AnsiStyle, parseAnsi, plain } from './ansi';
import { type Group, type Hidden, hiddenOf, lineOfRow, rowCount, rowOfLine } from './folds';
import type { LogLineFragment } from './generated';
import styles from './Log.module.css';
import type { LogBook } from './logBook';
import { LogText } from './LogText';

export type Times = 'off' | 'clock' | 'elapsed';

/** A place to show. A new object moves there again. */
export interface Jump {
  readonly line: number | 'end';
}

interface LogViewProps {
  readonly book: LogBook;
  readonly groups: readonly Group[];
  readonly folded: ReadonlySet<number>;
  readonly onFold: (firstLine: number) => void;
  readonly wrap: boolean;
  readonly times: Times;
  /** Start of the job, from which elapsed times count. */
  readonly startedAt: string | null;
  /** Lines that the address names. */
  readonly selected: readonly [number, number] | null;
  readonly onSelect: (line: number, extend: boolean) => void;
  readonly jump: Jump;
  /** Line that the search is at. */
  readonly current: number | null;
  readonly mark: string;
}

const LINE = 18;
/** Browsers have a limit for heights. In a longer log, a step of the scrollbar is several lines. */
const TALLEST = 12_000_000;
const AHEAD = 100;

/** A log of any length, of which only the lines in the box are rendered. */
export function LogView(props: LogViewProps) {
  const { book, groups, folded, wrap, times, jump } = props;
  const { total, final, loaded } = useSyncExternalStore(book.subscribe, book.get);
  const box = useRef<HTMLElement>(null);
  const [height, setHeight] = useState(600);
  const [top, setTop] = useState(0);
  const [following, setFollowing] = useState(jump.line === 'end');
  const hidden = hiddenOf(groups, folded, total);
  const rows = rowCount(hidden, total);
  const whole = Math.max(height, rows * LINE + 2 * LINE);
  const tall = Math.min(whole, Math.max(TALLEST, height));
  // Pixels of the log for one of the scrollbar.
  const scale = tall === height ? 1 : (whole - height) / (tall - height);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const latest = useRef({ hidden, scale, height });
  latest.current = { hidden, scale, height };
  const known = total > 0;
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || !known) return;
    if (jump.line === 'end') {
      setFollowing(true);
      return;
    }
    const now = latest.current;
    const at = rowOfLine(now.hidden, jump.line) * LINE;
    const shown = element.scrollTop * now.scale;
    // No movement if it can be seen.
    if (at < shown + LINE || at > shown + now.height - 3 * LINE)
      element.scrollTop = Math.max(0, at - now.height / 3) / now.scale;
    setFollowing(false);
  }, [jump, known]);
  useLayoutEffect(() => {
    if (following && box.current !== null && tall > 0) box.current.scrollTop = box.current.scrollHeight;
  }, [following, tall]);

  const onScroll = useCallback(() => {
    const element = box.current;
    if (element === null) return;
    setTop(element.scrollTop);
    setFollowing(element.scrollTop + element.clientHeight >= element.scrollHeight - 4);
  }, []);

  const position = top * scale;
  const count = Math.ceil(height / LINE) + 1;
  const atEnd = position >= whole - height - 1;
  const first = Math.max(0, Math.min(Math.floor(position / LINE), rows - 1));
  const start = wrap && atEnd ? Math.max(0, rows - count) : first;
  const end = Math.min(rows, start + count);
  const numbers = Array.from({ length: Math.max(0, end - start) }, (_, at) => lineOfRow(hidden, start + at));
  const [from, to] = [numbers[0] ?? 1, numbers.at(-1) ?? 1];
  // Lines that have just arrived are wanted too.
  useEffect(() => {
    book.want(Math.max(1, from - AHEAD), to + AHEAD);
  }, [book, from, to, total]);

  const [frame, frameHeight] = useRestOfWindow();
  const digits = String(Math.max(total, 100)).length;
  return (
    <div ref={frame} className={styles.frame} style={{ height: frameHeight }}>
      <section
        ref={box}
        className={classes(styles.log, wrap && styles.wrapped)}
        aria-label="Log"
        tabIndex={0}
        onScroll={onScroll}
        style={{ '--digits': `${digits}ch` } as React.CSSProperties}
      >
        <div style={{ height: tall }} className={styles.whole}>
          <div className={styles.window} style={{ height }}>
            <div
              className={classes(wrap && atEnd && rows > count - 2 && styles.fromBottom)}
              style={wrap ? undefined : { transform: `translateY(${-(position - start * LINE)}px)` }}
            >
              <Rows {...props} numbers={numbers} hidden={hidden} />
            </div>
          </div>
        </div>
      </section>
      {loaded && total === 0 && (
        <p className={styles.nothing}>
          {final ? 'The log is empty: the command wrote nothing.' : 'No output yet. It appears here as it is written.'}
        </p>
      )}
      <Foot {...{ following, final, total, times }} onEnd={() => setFollowing(true)} />
    </div>
  );
}

const LEAST = 320;

/** The height from the top of an element to the end of the window, whatever is above it. */
function useRestOfWindow() {
  const frame = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(LEAST);
  useLayoutEffect(() => {
    const measure = () => {
      const top = (frame.current?.getBoundingClientRect().top ?? 0) + window.scrollY;
      // Below 760 px, the navigation takes the end of the window.
      const below = window.innerWidth < 760 ? 76 : 24;
      setHeight(Math.max(LEAST, Math.floor(window.innerHeight - top - below)));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    window.addEventListener('resize', measure);
    return () => {
      observer.disconnect();
      window.removeEventListener('resize', measure);
    };
  });
  return [frame, height] as const;
}

function Foot({
  following,
  final,
  total,
  onEnd,
}: {
  readonly following: boolean;
  readonly final: boolean;
  readonly total: number;
  readonly onEnd: () => void;
}): ReactNode {
  return (
    <div className={styles.foot}>
      <span>
        {total.toLocaleString('en')} {total === 1 ? 'line' : 'lines'}
      </span>
      {!final && following && (
        <span className={styles.live}>
          <span className={styles.dot} aria-hidden="true" />
          Following. Scroll up to stop.
        </span>
      )}
      {!final && !following && <span>Not following: new lines don’t move the page.</span>}
      {!following && (
        <span className={styles.end}>
          <Button small icon="down" onClick={onEnd}>
            {final ? 'To the end' : 'Follow'}
          </Button>
        </span>
      )}
    </div>
  );
}

function Rows({
  book,
  numbers,
  groups,
  folded,
  onFold,
  times,
  startedAt,
  selected,
  onSelect,
  current,
  mark,
}: LogViewProps & { readonly numbers: readonly number[]; readonly hidden: Hidden }) {
  let before: AnsiStyle = styleBefore(book, numbers[0] ?? 1);
  return numbers.map((number) => {
    const line = book.line(number);
    const own = before;
    if (line !== undefined) before = parseAnsi(line.text, own).after;
    const group = line?.group == null ? undefined : groups.find(({ firstLine }) => firstLine === number);
    const isSelected = selected !== null && number >= selected[0] && number <= selected[1];
    return (
      <div
        key={number}
        data-line={number}
        className={classes(
          styles.line,
          line && styles[line.stream],
          isSelected && styles.selected,
          number === current && styles.current,
        )}
      >
        <a
          href={`#L${number}`}
          className={styles.number}
          tabIndex={-1}
          aria-label={`Link to line ${number}`}
          onClick={(event) => {
            event.preventDefault();
            onSelect(number, event.shiftKey);
          }}
        >
          {number}
        </a>
        {times !== 'off' && (
          <span className={styles.time} title={line?.at ? exactText(Date.parse(line.at)) : undefined}>
            {line?.at ? timeOf(line, times, startedAt) : ''}
          </span>
        )}
        <span className={styles.text}>
          {line === undefined ? (
            <span className={styles.missing} />
          ) : group !== undefined ? (
            <GroupHead group={group} folded={folded.has(number)} onFold={() => onFold(number)} />
          ) : line.endsGroup ? (
            <span className={styles.groupEnd} />
          ) : (
            <LogText text={line.group ?? line.text} before={own} mark={mark} />
          )}
        </span>
      </div>
    );
  });
}

/** Lines above the first one, of which its color may come. */
const COLORS_FROM = 50;

function styleBefore(book: LogBook, first: number): AnsiStyle {
  let style = plain;
  for (let number = Math.max(1, first - COLORS_FROM); number < first; number++) {
    const line = book.line(number);
    style = line === undefined ? plain : parseAnsi(line.text, style).after;
  }
  return style;
}

function GroupHead({ group, folded, onFold }: { group: Group; folded: boolean; onFold: () => void }) {
  const { title, firstLine, lastLine, startedAt, endedAt } = group;
  const lines = lastLine === null ? 0 : lastLine - firstLine - 1;
  return (
    <button type="button" className={styles.group} aria-expanded={!folded} onClick={onFold}>
      <Icon name={folded ? 'right' : 'down'} />
      <strong>{title || 'Group'}</strong>
      <span className={styles.groupFacts}>
        {folded && lastLine !== null && `${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'} · `}
        {endedAt !== null && durationText(Date.parse(endedAt) - Date.parse(startedAt))}
      </span>
    </button>
  );
}

const clock = new Intl.DateTimeFormat('en', {
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' },
} as Intl.DateTimeFormatOptions);

function timeOf({ at }: LogLineFragment, times: Times, startedAt: string | null): string {
  if (times === 'clock' || startedAt === null) return clock.format(new Date(at));
  const seconds = Math.max(0, Date.parse(at) - Date.parse(startedAt)) / 1_000;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${two(seconds / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
}
