import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { ApiError } from '../../../client/apiError';
import { asApiError, server } from '../../data/server';
import { classes } from '../classes';
import { ErrorNote } from '../ErrorNote';
import { type AnsiStyle, parseAnsi, plain } from './ansi';
import { followLog, withPart } from './follow';
import { ConsoleLogTailDocument, type LogLineFragment } from './generated';
import styles from './Log.module.css';
import { LogText } from './LogText';

interface LogTailProps {
  readonly jobId: string;
  /** Number of lines. Defaults to 20. */
  readonly lines?: number;
}

interface Tail {
  readonly of: string;
  readonly lines: readonly LogLineFragment[];
  readonly final: boolean;
  readonly loaded: boolean;
  readonly error?: ApiError;
}

/** The last lines of the log of a job, live while it runs. Each number links to its line in the whole log. */
export function LogTail({ jobId, lines: most = 20 }: LogTailProps) {
  const tail = useLogTail(jobId, most);
  if (tail.error !== undefined) return <ErrorNote error={tail.error} />;
  if (tail.lines.length === 0) {
    return (
      <p className={classes(styles.tail, styles.none)}>
        {!tail.loaded
          ? 'Loading the log …'
          : tail.final
            ? 'The log is empty.'
            : 'No output yet. It appears here as it is written.'}
      </p>
    );
  }
  return (
    <div className={styles.tail} role="log" aria-live="off" aria-label="End of the log" tabIndex={0}>
      {withStyles(tail.lines).map(({ line, before }) => (
        <div key={line.number} className={classes(styles.line, styles[line.stream])}>
          <Link
            href={`/jobs/${jobId}/log#L${line.number}`}
            className={styles.number}
            tabIndex={-1}
            aria-label={`Line ${line.number} in the log`}
          >
            {line.number}
          </Link>
          <span className={styles.text}>
            <LogText text={line.group ?? line.text} before={before} />
          </span>
        </div>
      ))}
    </div>
  );
}

/** Lines with the style with which each begins: colors may go on over lines. */
export function withStyles(lines: readonly LogLineFragment[]): { line: LogLineFragment; before: AnsiStyle }[] {
  let before = plain;
  return lines.map((line) => {
    const one = { line, before };
    before = parseAnsi(line.text, before).after;
    return one;
  });
}

function useLogTail(jobId: string, most: number): Tail {
  const empty: Tail = { of: jobId, lines: [], final: false, loaded: false };
  const [kept, setKept] = useState(empty);
  useEffect(() => {
    const end = new AbortController();
    const { signal } = end;
    const add = (lines: readonly LogLineFragment[], final: boolean) =>
      setKept(({ of, lines: before }) => ({
        ...{ of: jobId, final, loaded: true },
        lines: withPart(of === jobId ? before : [], lines).slice(-most),
      }));
    const read = async () => {
      const { jobLog: page } = await server.ask(ConsoleLogTailDocument, { jobId, lastLines: most }, { signal });
      add(page.lines, page.final);
      if (!page.final) await followLog(jobId, page.nextOffset ?? 0, add, signal);
    };
    read().catch((error: unknown) => {
      if (!signal.aborted) setKept({ of: jobId, lines: [], final: true, loaded: true, error: asApiError(error) });
    });
    return () => end.abort();
  }, [jobId, most]);
  return kept.of === jobId ? kept : empty;
}
