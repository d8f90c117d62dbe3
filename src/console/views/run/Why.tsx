import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useData } from '../../data/hooks';
import { useUrlState } from '../../data/urlState';
import { openAction } from '../../actions/openAction';
import { Button } from '../../parts/Button';
import { classes } from '../../parts/classes';
import { LogTail } from '../../parts/log/LogTail';
import { StatusShape } from '../../parts/Status';
import { lookOf } from '../../parts/statuses';
import { Duration, Time } from '../../parts/Time';
import { ConsoleTaskDocument } from './generated';
import type { Run } from './runData';
import type { Element } from './Stages';
import { failureOf, type RunTask } from './useTasks';
import styles from './Why.module.css';

interface WhyProps {
  readonly run: Run;
  readonly element: Element | undefined;
  readonly tasks: readonly RunTask[];
}

const bad = new Set(['FAILED', 'ERROR', 'EXPIRED', 'REJECTED', 'ABORTED']);

/** What a reader wants to know first: why the run failed, with the end of the log, or what it waits for. */
export function Why({ run, element, tasks }: WhyProps) {
  const { status, failureCode, failureDetails, pause } = run;
  const elementFailed = element === undefined || bad.has(element.status);
  if (bad.has(status) || failureCode !== null) {
    const failure = elementFailed ? failureOf(tasks) : undefined;
    return (
      <Box
        tone={status === 'ABORTED' ? 'calm' : 'bad'}
        status={bad.has(status) ? status : 'FAILED'}
        title={titleOf(run)}
      >
        <p className={styles.reason}>
          {failureDetails ?? failure?.reason ?? 'No reason is recorded.'}{' '}
          {failureCode && <code className={styles.code}>{failureCode}</code>}
        </p>
        {failure && <FailedTask task={failure} />}
      </Box>
    );
  }
  if (run.whyNotRunning.length === 0 && pause === null) return null;
  return (
    <Box
      tone={status === 'PAUSED' ? 'hold' : 'wait'}
      status={status === 'PAUSED' ? 'PAUSED' : 'WAITING'}
      title={waitTitle(run)}
    >
      {pause && (
        <p>
          Paused by {pause.by.name} <Time at={pause.at} />
          {pause.reason && <>: {pause.reason}</>}. No new task starts until somebody continues the run.
        </p>
      )}
      <ul className={styles.waits}>
        {run.whyNotRunning
          .filter(({ code }) => pause === null || code !== 'PAUSED')
          .map((why) => (
            <li key={`${why.code} ${why.taskExecutionId} ${why.stageExecutionId} ${why.message}`}>
              <span>{why.message}</span>
              <span className={styles.facts}>
                {why.tasks > 1 && <span>{why.tasks.toLocaleString('en')} tasks</span>}
                {why.since && (
                  <span>
                    for <Duration since={why.since} />
                  </span>
                )}
                {why.estimateSeconds !== null && <span>about {why.estimateSeconds} s left</span>}
                {why.until && (
                  <span>
                    until <Time at={why.until} />
                  </span>
                )}
                {why.code === 'INTERVENTION' && <Decide run={run} why={why} />}
                {why.holder && <Link href={`/runs/${why.holder.id}`}>Open the run in front</Link>}
              </span>
            </li>
          ))}
      </ul>
    </Box>
  );
}

type Waits = Run['whyNotRunning'][number];

/** Opens the decision about a failure, of a task or of an element of the pipeline. */
function Decide({ run, why }: { readonly run: Run; readonly why: Waits }) {
  const failed =
    why.taskExecutionId === null
      ? { failedElement: why.pipelineStageElementId ?? undefined }
      : { failedTask: why.taskExecutionId };
  const may = run.availableActions.find(({ action }) => action === 'intervene');
  return (
    <Button
      small
      disabledBecause={may?.allowed === false ? (may.message ?? undefined) : undefined}
      onClick={() => openAction('intervene', { on: run.id, ...failed })}
    >
      Decide …
    </Button>
  );
}

const titleOf = ({ status, failureCode, endedAt }: Run): string => {
  if (endedAt === null && failureCode !== null) return 'Why it is failing';
  return (
    { ABORTED: 'Why it was aborted', EXPIRED: 'Why it expired', REJECTED: 'Why it was rejected' }[status as string] ??
    'Why it failed'
  );
};

const waitTitle = ({ status }: Run): string =>
  status === 'PAUSED' ? 'Paused' : status === 'RUNNING' ? 'What is still waiting, and why' : 'Why it is not running';

interface BoxProps {
  readonly tone: 'bad' | 'wait' | 'hold' | 'calm';
  readonly status: string;
  readonly title: string;
  readonly children: ReactNode;
}

const Box = ({ tone, status, title, children }: BoxProps) => (
  <section className={classes(styles.box, styles[tone])} aria-label={title}>
    <h2 className={styles.title}>
      <StatusShape shape={lookOf(status).shape} /> {title}
    </h2>
    {children}
  </section>
);

function FailedTask({ task }: { readonly task: RunTask }) {
  const url = useUrlState();
  const { data } = useData(ConsoleTaskDocument, { id: task.id });
  const job = data?.taskExecution?.jobs.at(-1);
  return (
    <div className={styles.task}>
      <p className={styles.head}>
        <span>
          Task{' '}
          <Link href={url.href({ task: task.id })} className={styles.name}>
            {task.name}
          </Link>
          {task.exitCode !== null && <span className={styles.quiet}> · exit code {task.exitCode}</span>}
          {task.tries > 1 && <span className={styles.quiet}> · try {task.tries}</span>}
          {job?.agent && <span className={styles.quiet}> · on {job.agent.name}</span>}
        </span>
        {job && <Link href={`/jobs/${job.id}/log`}>Whole log</Link>}
      </p>
      {job?.startedAt && <LogTail key={job.id} jobId={job.id} lines={40} />}
    </div>
  );
}
