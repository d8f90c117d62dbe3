import { useCallback, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { ApiError } from '../../../client/apiError';
import { asApiError, server } from '../../data/server';
import { Button, IconButton } from '../../parts/Button';
import { ErrorNote } from '../../parts/ErrorNote';
import { Icon } from '../../parts/Icon';
import { LogText } from '../../parts/log/LogText';
import { Panel } from '../../parts/Panel';
import { ConsoleLogSearchDocument, type ConsoleLogSearchQuery } from './generated';
import styles from './LogPage.module.css';

type Match = NonNullable<ConsoleLogSearchQuery['jobLogSearch']>['matches'][number];

interface Found {
  readonly of: string;
  readonly matches: readonly Match[];
  readonly cursor: string | null;
  /** True if the whole log was searched. */
  readonly done: boolean;
  readonly running: boolean;
  readonly searchedBytes: number;
  readonly error?: ApiError;
}

const PAGE = 100;

/** Matches of a text, page by page: the server searches a bounded part of the logs at a time. */
function useMatches(executionId: string | undefined, jobId: string | null, text: string) {
  const of = JSON.stringify([executionId, jobId, text]);
  const empty: Found = { of, matches: [], cursor: null, done: false, running: false, searchedBytes: 0 };
  const [kept, setKept] = useState(empty);
  const found = kept.of === of ? kept : empty;
  const latest = useRef(found);
  latest.current = found;

  /** Reads until there is a match more, or the end. */
  const more = useCallback(
    async (signal?: AbortSignal): Promise<readonly Match[]> => {
      let now = latest.current;
      if (executionId === undefined || now.done || now.running || text === '') return now.matches;
      const set = (next: Found) => {
        now = next;
        latest.current = next;
        setKept(next);
      };
      set({ ...now, running: true });
      try {
        const before = now.matches.length;
        while (!now.done && now.matches.length === before) {
          const variables = { executionId, jobId, text, first: PAGE, after: now.cursor };
          const { jobLogSearch: page } = await server.ask(ConsoleLogSearchDocument, variables, { signal });
          if (signal?.aborted || latest.current.of !== of) return [];
          set({
            ...now,
            matches: [...now.matches, ...page.matches],
            cursor: page.endCursor ?? null,
            done: !page.more,
            searchedBytes: now.searchedBytes + page.searchedBytes,
          });
        }
        set({ ...now, running: false });
      } catch (error) {
        if (!signal?.aborted) set({ ...now, running: false, done: true, error: asApiError(error) });
      }
      return now.matches;
    },
    [executionId, jobId, text, of],
  );
  return { found, more };
}

interface LogSearchOptions {
  readonly executionId: string | undefined;
  readonly jobId: string;
  readonly text: string;
  readonly onShow: (line: number) => void;
}

export interface LogSearch {
  readonly lines: readonly number[];
  /** Line of the match that is shown. */
  readonly current: number | null;
  /** Its place among the matches, from 0. */
  readonly index: number;
  readonly done: boolean;
  readonly running: boolean;
  readonly error: ApiError | undefined;
  readonly step: (by: 1 | -1) => void;
}

/** Search within one log, which moves from match to match. */
export function useLogSearch({ executionId, jobId, text, onShow }: LogSearchOptions): LogSearch {
  const { found, more } = useMatches(executionId, jobId, text);
  const [at, setAt] = useState({ text, index: 0 });
  const index = at.text === text ? at.index : 0;
  const shown = useRef(onShow);
  shown.current = onShow;
  useEffect(() => {
    if (text === '') return;
    const end = new AbortController();
    // The link to a line has precedence over the first match.
    const linked = window.location.hash !== '';
    more(end.signal).then(([first]) => {
      if (first !== undefined && !end.signal.aborted && !linked) shown.current(first.line);
    });
    return () => end.abort();
  }, [more, text]);
  const step = async (by: 1 | -1) => {
    let { matches } = found;
    if (index + by >= matches.length) matches = await more();
    if (matches.length === 0) return;
    const next = (index + by + matches.length) % matches.length;
    setAt({ text, index: next });
    const match = matches[next];
    if (match !== undefined) shown.current(match.line);
  };
  return {
    lines: found.matches.map(({ line }) => line),
    current: text === '' ? null : (found.matches[index]?.line ?? null),
    index,
    ...{ done: found.done, running: found.running, error: found.error },
    step: (by) => void step(by),
  };
}

interface SearchBoxProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly search: LogSearch;
}

const TYPING_MS = 250;

export function SearchBox({ text, onText, search }: SearchBoxProps) {
  const [typed, setTyped] = useState(text);
  const latest = useRef(onText);
  latest.current = onText;
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => latest.current(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, text]);
  return (
    <search className={styles.search}>
      <Icon name="search" />
      <input
        id="log-search"
        aria-label="Search in the log"
        placeholder="Search"
        autoComplete="off"
        spellCheck={false}
        maxLength={1000}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault();
            if (typed !== text) onText(typed);
            else search.step(event.shiftKey ? -1 : 1);
          } else if (event.key === 'Escape') {
            setTyped('');
            onText('');
          }
        }}
      />
      {text !== '' && (
        <>
          <span className={styles.count} role="status">
            {countOf(search)}
          </span>
          <IconButton small icon="up" label="Previous match" onClick={() => search.step(-1)} />
          <IconButton small icon="down" label="Next match" onClick={() => search.step(1)} />
        </>
      )}
    </search>
  );
}

function countOf({ lines, index, done, running, error }: LogSearch): string {
  if (error !== undefined) return error.message;
  if (lines.length === 0) return done ? 'no match' : running ? 'searching …' : '';
  return `${index + 1} of ${lines.length}${done ? '' : '+'}`;
}

interface RunMatchesProps {
  readonly executionId: string;
  readonly text: string;
  readonly onClose: () => void;
}

/** Matches in all logs of the execution, each with a link to its line. */
export function RunMatches({ executionId, text, onClose }: RunMatchesProps) {
  const { found, more } = useMatches(executionId, null, text);
  useEffect(() => {
    const end = new AbortController();
    void more(end.signal);
    return () => end.abort();
  }, [more]);
  const { matches, done, running, error } = found;
  return (
    <Panel
      title={`“${text}” in all logs`}
      padded={false}
      actions={<IconButton small icon="close" label="Close" onClick={onClose} />}
    >
      <ErrorNote error={error} />
      <ul className={styles.matches}>
        {matches.map(({ job, task, line, text: found }) => (
          <li key={`${job.id} ${line}`}>
            <Link href={`/jobs/${job.id}/log?q=${encodeURIComponent(text)}#L${line}`}>
              {task}:{line}
            </Link>
            <code>
              <LogText text={found.slice(0, 300)} mark={text} />
            </code>
          </li>
        ))}
      </ul>
      {(running || !done || matches.length === 0) && (
        <p className={styles.more}>
          {running ? (
            'Searching …'
          ) : done ? (
            'No log of the run contains it.'
          ) : (
            <Button kind="bare" onClick={() => void more()}>
              Search further
            </Button>
          )}
        </p>
      )}
    </Panel>
  );
}
