import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { Link, useParams } from 'wouter';
import type { ApiError } from '../../../client/apiError';
import { useShortcuts } from '../../app/shortcuts';
import { download } from '../../data/download';
import { useData } from '../../data/hooks';
import { kept } from '../../data/kept';
import { asApiError } from '../../data/server';
import { useUrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { bytesText } from '../../parts/numbers';
import { ErrorNote } from '../../parts/ErrorNote';
import { LogBook } from '../../parts/log/logBook';
import { type Jump, LogView, type Times } from '../../parts/log/LogView';
import { Menu } from '../../parts/Menu';
import { PageHead } from '../../parts/PageHead';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { Duration } from '../../parts/Time';
import { ConsoleJobDocument, type ConsoleJobQuery } from './generated';
import { hashOf, linesOfHash } from './lines';
import styles from './LogPage.module.css';
import { RunMatches, SearchBox, useLogSearch } from './Search';

const wrapping = kept<boolean>('slipway.log.wrap', false);
const shownTimes = kept<Times>('slipway.log.times', 'off');

type JobRow = NonNullable<ConsoleJobQuery['job']>;

/** The log of one job. */
export default function Log() {
  const { id = '' } = useParams<{ id: string }>();
  const { data, error, refresh } = useData(ConsoleJobDocument, { jobId: id });
  if (data?.job === undefined) {
    return (
      <>
        <PageHead title="Log" above={[{ title: 'Runs', href: '/runs' }]} />
        {error === undefined ? <Skeleton label="Loading the log" /> : <ErrorNote error={error} onRetry={refresh} />}
      </>
    );
  }
  return <LogOfJob key={id} job={data.job} refresh={refresh} />;
}

function LogOfJob({ job, refresh }: { readonly job: JobRow; readonly refresh: () => void }) {
  const url = useUrlState();
  const book = useMemo(() => new LogBook(job.id), [job.id]);
  useEffect(() => {
    void book.open();
    return () => book.close();
  }, [book]);
  const { final, loaded, marks, error, total } = useSyncExternalStore(book.subscribe, book.get);
  const started = total > 0;
  // What the log tells about its job: it has begun, has another group, or has ended.
  // Each of these changes asks again.
  useEffect(() => {
    if (!loaded) return;
    const timer = setTimeout(refresh, 300);
    return () => clearTimeout(timer);
  }, [loaded, started, final, marks, refresh]);

  const [hash, select] = useHash();
  const selected = useMemo(() => linesOfHash(hash), [hash]);
  const [jump, setJump] = useState<Jump>(() => ({ line: linesOfHash(window.location.hash)?.[0] ?? 'end' }));
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const wrap = wrapping.use();
  const times = shownTimes.use();
  const { groups } = job.log;

  const show = useCallback(
    (line: number) => {
      const around = groups.filter(
        ({ firstLine, lastLine }) => firstLine < line && line <= (lastLine ?? Number.POSITIVE_INFINITY),
      );
      setFolded((before) => new Set([...before].filter((one) => !around.some(({ firstLine }) => firstLine === one))));
      setJump({ line });
    },
    [groups],
  );
  const text = url.get('q');
  const search = useLogSearch({ executionId: job.execution?.id, jobId: job.id, text, onShow: show });
  // Another link to a line of the same log, such as one of the search.
  const first = selected?.[0];
  const ownChoice = useRef(hash);
  useEffect(() => {
    if (hash === ownChoice.current || first === undefined) return;
    ownChoice.current = hash;
    show(first);
  }, [hash, first, show]);

  const onSelect = (line: number, extend: boolean) => {
    const range: [number, number] =
      extend && selected !== null ? [Math.min(selected[0], line), Math.max(selected[1], line)] : [line, line];
    const isSame = selected !== null && selected[0] === range[0] && selected[1] === range[1];
    ownChoice.current = isSame ? '' : hashOf(range);
    select(ownChoice.current);
  };
  const allFolded = groups.length > 0 && groups.every(({ firstLine }) => folded.has(firstLine));
  const foldAll = () => setFolded(new Set(allFolded ? [] : groups.map(({ firstLine }) => firstLine)));
  useShortcuts([
    { keys: '/', does: 'Search in the log', run: () => document.getElementById('log-search')?.focus() },
    { keys: 'n', does: 'Next match', run: () => search.step(1) },
    { keys: 'N', does: 'Previous match', run: () => search.step(-1) },
    { keys: 'w', does: 'Wrap long lines', run: () => wrapping.set(!wrap) },
    { keys: 'f', does: 'Go to the end, and follow', run: () => setJump({ line: 'end' }) },
  ]);

  const problem = useDownload(job);
  const jobs = job.taskExecution?.jobs ?? [];
  return (
    <>
      <PageHead
        title={job.taskExecution?.name ?? 'Log'}
        above={crumbsOf(job)}
        beside={<Status status={job.status} as="badge" />}
        actions={
          <Button icon="download" busy={problem.running} onClick={problem.run} disabledBecause={missing(job)}>
            Download
          </Button>
        }
      >
        <div className={styles.facts}>
          {job.taskExecution?.stageExecution && (
            <span>
              {job.taskExecution.stageExecution.pipelineStageName} / {job.taskExecution.stageExecution.pipelineStepName}
            </span>
          )}
          {jobs.length > 1 && (
            <span className={styles.tries}>
              Try{' '}
              {jobs.map(({ id, attempt, status }) => (
                <Link
                  key={id}
                  href={`/jobs/${id}/log`}
                  className={styles.try}
                  aria-current={id === job.id ? 'page' : undefined}
                >
                  {attempt} <Status status={status} as="icon" />
                </Link>
              ))}
            </span>
          )}
          {job.agent && (
            <span>
              on <Link href={`/agents/${job.agent.id}`}>{job.agent.name}</Link>
            </span>
          )}
          {job.startedAt && (
            <span>
              <Duration
                since={job.endedAt === null ? job.startedAt : null}
                ms={job.endedAt === null ? null : Date.parse(job.endedAt) - Date.parse(job.startedAt)}
              />
            </span>
          )}
          <span>{bytesText(job.log.bytes)}</span>
          {job.exitCode !== null && <span>exit code {job.exitCode}</span>}
        </div>
      </PageHead>
      <div className={styles.notes}>
        <ErrorNote error={error ?? problem.error} />
        {job.reason && job.reason !== `exit code ${job.exitCode}` && <p className={styles.note}>{job.reason}</p>}
        {job.whyNotRunning && <p className={styles.note}>{job.whyNotRunning.message}</p>}
        {remarkOf(job) && <p className={styles.note}>{remarkOf(job)}</p>}
      </div>
      <div className={styles.tools}>
        <SearchBox
          text={text}
          search={search}
          onText={(q) => {
            const before = window.location.hash;
            url.set({ q, all: undefined });
            // Choices of the address replace it without the line.
            select(before);
          }}
        />
        <LineField onLine={(line) => onSelect(line, false)} onShow={show} total={total} />
        <div className={styles.end}>
          {groups.length > 0 && <Button onClick={foldAll}>{allFolded ? 'Unfold groups' : 'Fold groups'}</Button>}
          <Menu
            label="View"
            icon="settings"
            items={[
              { label: 'Wrap long lines', checked: wrap, onSelect: () => wrapping.set(!wrap) },
              ...times3.map(({ value, label }) => ({
                ...{ label, checked: times === value },
                onSelect: () => shownTimes.set(value),
              })),
            ]}
          />
        </div>
      </div>
      {text !== '' && url.get('all') !== '' && job.execution && (
        <RunMatches executionId={job.execution.id} text={text} onClose={() => url.set({ all: undefined })} />
      )}
      {text !== '' && url.get('all') === '' && job.execution && search.done && search.lines.length === 0 && (
        <p className={styles.note}>
          No line of this log contains “{text}”.{' '}
          <button type="button" className={styles.link} onClick={() => url.set({ all: '1' })}>
            Search all logs of the run
          </button>
        </p>
      )}
      <LogView
        {...{ book, groups, folded, wrap, times, selected, onSelect, jump }}
        startedAt={job.startedAt}
        onFold={(line) =>
          setFolded((before) => {
            const next = new Set(before);
            if (!next.delete(line)) next.add(line);
            return next;
          })
        }
        current={search.current}
        mark={text}
      />
    </>
  );
}

const times3: readonly { readonly value: Times; readonly label: string }[] = [
  { value: 'off', label: 'No times' },
  { value: 'clock', label: 'Time of day' },
  { value: 'elapsed', label: 'Time since the start' },
];

function crumbsOf({ execution }: JobRow) {
  const runs = { title: 'Runs', href: '/runs' };
  if (execution?.__typename !== 'WorkflowExecution') return [runs];
  const { cause, workflow } = execution;
  const pipeline = cause.__typename === 'ExecutedAlongPipeline' ? cause.execution : null;
  if (pipeline) return [runs, { title: pipeline.pipeline?.name ?? 'Run', href: `/runs/${pipeline.id}` }];
  return [runs, { title: workflow?.name ?? 'Run', href: `/runs/${execution.id}` }];
}

const missing = ({ log }: JobRow): string | undefined => {
  if (log.deletedAt !== null) return 'The log is older than the retention of logs, which deleted it.';
  return log.bytes === 0 ? 'The log is empty.' : undefined;
};

const losses: Readonly<Record<string, string>> = {
  LIMIT: 'The log reached its limit. The command continued, but later output was not stored.',
  AGENT_LOST: 'The agent was lost, so the last output may be missing.',
  UNDELIVERED: 'The agent could not deliver the rest of the output.',
  DAMAGED: 'The stored output differs from what the agent read. Parts of it may be wrong.',
};

function remarkOf({ log }: JobRow): string | null {
  if (log.deletedAt !== null) return missing({ log } as JobRow) ?? null;
  if (log.loss === null) return null;
  const lost = log.writtenBytes === null ? 0 : log.writtenBytes - log.bytes;
  return `${losses[log.loss] ?? 'Part of the output is missing.'}${lost > 0 ? ` ${bytesText(lost)} are missing.` : ''}`;
}

function useDownload({ log, id, taskExecution, attempt }: JobRow) {
  const [state, setState] = useState<{ running: boolean; error?: ApiError }>({ running: false });
  const run = async () => {
    setState({ running: true });
    try {
      const name = (taskExecution?.name ?? id).replace(/[^\w.-]+/g, '_');
      await download(log.downloadUrl, `${name}-${attempt}.log`, log.bytes);
      setState({ running: false });
    } catch (error) {
      setState({ running: false, error: asApiError(error) });
    }
  };
  return { ...state, run: () => void run() };
}

/** The hash of the address, which names lines. */
function useHash(): readonly [string, (hash: string) => void] {
  const [hash, setHash] = useState(window.location.hash);
  useEffect(() => {
    const onChange = () => setHash(window.location.hash);
    window.addEventListener('hashchange', onChange);
    return () => window.removeEventListener('hashchange', onChange);
  }, []);
  const select = useCallback((next: string) => {
    const { pathname, search } = window.location;
    window.history.replaceState(window.history.state, '', `${pathname}${search}${next}`);
    setHash(next);
  }, []);
  return [hash, select];
}

interface LineFieldProps {
  readonly total: number;
  readonly onLine: (line: number) => void;
  readonly onShow: (line: number) => void;
}

/** Goes to a line by its number, and selects it, so that the address links to it. */
const LineField = ({ total, onLine, onShow }: LineFieldProps) => (
  <form
    className={styles.go}
    onSubmit={(event) => {
      event.preventDefault();
      const field = event.currentTarget.elements.namedItem('line') as HTMLInputElement;
      const line = Math.min(total, Number(field.value.replace(/\D/g, '')));
      if (line < 1) return;
      onLine(line);
      onShow(line);
      field.value = '';
    }}
  >
    <input
      name="line"
      inputMode="numeric"
      autoComplete="off"
      placeholder="Go to line"
      aria-label="Go to line"
      className={styles.field}
    />
  </form>
);
