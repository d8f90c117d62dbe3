import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { Link } from 'wouter';
import { useData } from '../../data/hooks';
import { type LiveSource, useLive } from '../../data/live';
import { useNow } from '../../data/now';
import type { UrlState } from '../../data/urlState';
import { classes } from '../../parts/classes';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { lookOf } from '../../parts/statuses';
import { durationText } from '../../parts/times';
import { ConsoleRunTimesDocument } from './generated';
import { useThrottled } from '../../data/throttled';
import styles from './Timeline.module.css';
import { kinds } from './TaskTable';
import type { RunTask } from './useTasks';

interface TimelineProps {
  readonly member: string;
  readonly tasks: readonly RunTask[];
  readonly source: LiveSource | null;
  readonly url: UrlState;
}

interface Span {
  readonly id: string;
  readonly status: string;
  readonly queued: number;
  readonly started: number | null;
  readonly ended: number | null;
}

interface Row {
  readonly task: RunTask;
  readonly spans: readonly Span[];
  readonly from: number;
}

const ROW = 28;
const AGAIN_MS = 2_000;
const time = (at: string | null) => (at === null ? null : Date.parse(at));

/** When each task waited for an agent, and when it ran, on one axis. */
export function Timeline({ member, tasks, source, url }: TimelineProps) {
  const { data, error, loading, refresh } = useData(ConsoleRunTimesDocument, { id: member });
  const soon = useThrottled(refresh);
  useLive(source, (changes) => {
    if (changes.some(({ all, executionId }) => all || executionId === member)) soon(AGAIN_MS);
  });
  const execution = data?.execution;
  const rows = useMemo(() => {
    if (execution?.__typename !== 'WorkflowExecution') return [];
    const known = new Map(tasks.map((task) => [task.id, task]));
    return [...execution.tasks, ...execution.finallyTasks, ...execution.forensicExecutions]
      .flatMap(({ id, jobs }): Row[] => {
        const task = known.get(id);
        if (task === undefined) return [];
        const spans = jobs.map((job) => ({
          ...{ id: job.id, status: job.status, queued: Date.parse(job.queuedAt) },
          ...{ started: time(job.startedAt), ended: time(job.endedAt) },
        }));
        const from = spans[0]?.queued ?? time(task.startedAt);
        if (from === null || task.reused) return [];
        const own = { id, status: task.status, queued: from, started: time(task.startedAt), ended: time(task.endedAt) };
        return [{ task, spans: spans.length > 0 ? spans : [own], from }];
      })
      .sort((a, b) => a.from - b.from);
  }, [execution, tasks]);
  const running = rows.some(({ spans }) => spans.some(({ ended }) => ended === null));
  const now = useNow(running);
  const begin = rows[0]?.from ?? 0;
  const end = Math.max(
    begin + 1_000,
    ...rows.slice(-1).map(({ from }) => from),
    rows.reduce((most, { spans }) => Math.max(most, ...spans.map(({ ended }) => ended ?? now)), 0),
  );
  const box = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    estimateSize: () => ROW,
    getScrollElement: () => box.current,
    overscan: 8,
  });
  if (error !== undefined) return <ErrorNote error={error} onRetry={refresh} />;
  const share = (at: number) => `${((at - begin) / (end - begin)) * 100}%`;
  return (
    <Panel
      title="Timeline"
      padded={false}
      actions={
        <p className={styles.legend}>
          <span className={classes(styles.key, styles.waiting)} /> waited for an agent
          <span className={classes(styles.key, styles.calm)} /> ran
        </p>
      }
    >
      {loading ? (
        <Skeleton label="Loading the timeline" rows={6} />
      ) : rows.length === 0 ? (
        <Empty icon="audit" title="Nothing has run yet">
          Each task appears here when it is first queued. Tasks that an attempt kept are not shown.
        </Empty>
      ) : (
        <section ref={box} className={styles.box} tabIndex={0} aria-label="Tasks by time">
          <div className={styles.axis} aria-hidden="true">
            {[0, 0.25, 0.5, 0.75, 1].map((part) => (
              <span key={part}>{durationText((end - begin) * part)}</span>
            ))}
          </div>
          <ol className={styles.rows} style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start }) => {
              const row = rows[index];
              if (row === undefined) return null;
              return (
                <li key={row.task.id} className={styles.row} style={{ top: start }}>
                  <span className={styles.name}>
                    <Status status={row.task.status} as="icon" />
                    <Link href={url.href({ task: row.task.id })} title={row.task.name}>
                      {row.task.name}
                    </Link>
                    {kinds[row.task.type] && <span className={styles.kind}>{kinds[row.task.type]}</span>}
                  </span>
                  <span className={styles.track}>
                    {row.spans.map((span) => (
                      <Bars key={span.id} span={span} now={now} share={share} />
                    ))}
                  </span>
                </li>
              );
            })}
          </ol>
        </section>
      )}
    </Panel>
  );
}

interface BarsProps {
  readonly span: Span;
  readonly now: number;
  readonly share: (at: number) => string;
}

function Bars({ span: { queued, started, ended, status }, now, share }: BarsProps) {
  const last = ended ?? now;
  const ran = started === null ? null : last - started;
  const text = `waited ${durationText((started ?? last) - queued)}${ran === null ? '' : `, ran ${durationText(ran)}`}`;
  return (
    <>
      <span className="quiet">{text}</span>
      <span
        className={classes(styles.bar, styles.waiting)}
        style={{ left: share(queued), right: `calc(100% - ${share(started ?? last)})` }}
        title={text}
      />
      {started !== null && (
        <span
          className={classes(styles.bar, styles[lookOf(status).tone])}
          style={{ left: share(started), right: `calc(100% - ${share(last)})` }}
          title={text}
        />
      )}
    </>
  );
}
