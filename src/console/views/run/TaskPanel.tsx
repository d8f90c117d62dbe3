import { useEffect } from 'react';
import { Link } from 'wouter';
import { useData } from '../../data/hooks';
import type { UrlState } from '../../data/urlState';
import { openAction } from '../../actions/openAction';
import { Button } from '../../parts/Button';
import { Download } from '../../parts/download/Download';
import { Drawer } from '../../parts/Drawer';
import { ErrorNote } from '../../parts/ErrorNote';
import { LogTail } from '../../parts/log/LogTail';
import { bytesText } from '../../parts/numbers';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { Duration, Time } from '../../parts/Time';
import { ConsoleTaskDocument, type ConsoleTaskQuery } from './generated';
import styles from './Run.module.css';
import { TaskDuration } from './TaskTable';
import type { RunTask } from './useTasks';

type Job = NonNullable<ConsoleTaskQuery['taskExecution']>['jobs'][number];

interface TaskPanelProps {
  readonly task: RunTask;
  /** Run or member whose page it is. */
  readonly runId: string;
  readonly url: UrlState;
}

/** Everything about one task: its tries with their agents, why it ended as it did, and the end of its log. */
export function TaskPanel({ task, runId, url }: TaskPanelProps) {
  const { data, error, refresh } = useData(ConsoleTaskDocument, { id: task.id });
  // The row follows the events of the run. The rest is read again when the row changes.
  // Reads again for each change of the status.
  useEffect(refresh, [refresh, task.status, task.tries]);
  const more = data?.taskExecution;
  const job = more?.jobs.find(({ id }) => id === url.get('job')) ?? more?.jobs.at(-1);
  return (
    <Drawer
      title={task.name}
      onClose={() => url.set({ task: '', job: '' })}
      beside={
        <>
          <Status status={task.status} as="badge" />
          <span className={styles.quiet}>
            <TaskDuration task={task} />
          </span>
          {task.reused && <span className={styles.tag}>kept from attempt {more?.attempt}</span>}
        </>
      }
    >
      <ErrorNote error={error} onRetry={refresh} />
      {task.reason && (
        <p>
          {task.reason} {task.reasonCode && <code className={styles.code}>{task.reasonCode}</code>}
        </p>
      )}
      {more && <TaskActions runId={runId} taskId={task.id} actions={more.availableActions} />}
      {more?.whyNotRunning && <p className={styles.waits}>{more.whyNotRunning.message}</p>}
      {more === undefined && error === undefined && <Skeleton label="Loading the task" rows={3} />}
      {more && more.jobs.length > 1 && (
        <section aria-label="Tries">
          <h3 className={styles.sub}>Tries</h3>
          <ol className={styles.tries}>
            {more.jobs.map((one) => (
              <li key={one.id}>
                <button
                  type="button"
                  className={styles.try}
                  aria-pressed={one.id === job?.id}
                  onClick={() => url.set({ job: one.id })}
                >
                  <span>Try {one.attempt}</span>
                  <Status status={one.status} />
                  <span className={styles.quiet}>
                    <JobDuration job={one} />
                  </span>
                </button>
              </li>
            ))}
          </ol>
        </section>
      )}
      {job && (
        <>
          <dl className={styles.pairs}>
            <dt>Agent</dt>
            <dd>{job.agent ? <Link href={`/agents/${job.agent.id}`}>{job.agent.name}</Link> : 'none yet'}</dd>
            {job.exitCode !== null && (
              <>
                <dt>Exit code</dt>
                <dd>{job.exitCode}</dd>
              </>
            )}
            {job.signal !== null && (
              <>
                <dt>Signal</dt>
                <dd>{job.signal}</dd>
              </>
            )}
            <dt>Queued</dt>
            <dd>
              <Time at={job.queuedAt} />
            </dd>
            <dt>Waited</dt>
            <dd>
              {job.startedAt === null && job.endedAt === null ? (
                <Duration since={job.queuedAt} />
              ) : (
                <Duration ms={Date.parse(job.startedAt ?? job.endedAt ?? '') - Date.parse(job.queuedAt)} />
              )}
            </dd>
            {job.startedAt !== null && (
              <>
                <dt>Ran</dt>
                <dd>
                  <JobDuration job={job} />
                </dd>
              </>
            )}
          </dl>
          <section aria-label="Log">
            <div className={styles.subRow}>
              <h3 className={styles.sub}>End of the log</h3>
              <Link href={`/jobs/${job.id}/log`}>Whole log</Link>
            </div>
            <LogTail key={job.id} jobId={job.id} lines={40} />
          </section>
        </>
      )}
      {more && more.artifacts.length > 0 && (
        <section aria-label="Artifacts">
          <h3 className={styles.sub}>Artifacts</h3>
          <ul className={styles.files}>
            {more.artifacts.map(({ id, name, size }) => (
              <li key={id}>
                <Download artifactId={id} name={name} /> <span className={styles.quiet}>{bytesText(size)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Drawer>
  );
}

type Actions = NonNullable<ConsoleTaskQuery['taskExecution']>['availableActions'];

interface TaskActionsProps {
  readonly runId: string;
  readonly taskId: string;
  readonly actions: Actions;
}

/** What the reader can do about a failure now. Nothing is shown for a task that no action applies to. */
function TaskActions({ runId, taskId, actions }: TaskActionsProps) {
  const shown = offers.flatMap((offer) => {
    const found = actions.find(({ action }) => action === offer.action);
    return found === undefined || (!found.allowed && found.code !== 'FORBIDDEN') ? [] : [{ ...offer, found }];
  });
  if (shown.length === 0) return null;
  return (
    <p className={styles.taskActions}>
      {shown.map(({ action, label, icon, found }) => (
        <Button
          key={action}
          kind="main"
          icon={icon}
          disabledBecause={found.allowed ? undefined : (found.message ?? 'You may not do this.')}
          onClick={() => openAction(action, { on: runId, failedTask: taskId })}
        >
          {label}
        </Button>
      ))}
    </p>
  );
}

const offers = [
  { action: 'intervene', label: 'Decide about the failure …', icon: 'approvals' },
  { action: 'retry', label: 'Retry the task …', icon: 'refresh' },
] as const;

function JobDuration({ job: { startedAt, endedAt } }: { readonly job: Job }) {
  if (startedAt === null) return <span>–</span>;
  return endedAt === null ? (
    <Duration since={startedAt} />
  ) : (
    <Duration ms={Date.parse(endedAt) - Date.parse(startedAt)} />
  );
}
