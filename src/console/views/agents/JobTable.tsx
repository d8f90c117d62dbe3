import { Link } from 'wouter';
import { Status } from '../../parts/Status';
import { type Column, RowLink, Table } from '../../parts/Table';
import { Duration, Time } from '../../parts/Time';
import rows from '../../parts/Rows.module.css';
import styles from './Agents.module.css';
import type { AgentJobFragment } from './generated';

type Job = AgentJobFragment;

const pathOf = ({ execution }: Job): string => {
  if (execution === null) return 'hidden run';
  const pipeline =
    execution.cause.__typename === 'ExecutedAlongPipeline' ? execution.cause.execution?.pipeline?.name : null;
  const workflow = execution.__typename === 'WorkflowExecution' ? execution.workflow?.name : null;
  return [execution.application?.name ?? 'deleted application', pipeline, workflow]
    .filter((one) => one != null)
    .join(' / ');
};

const runOf = ({ execution }: Job): string =>
  (execution?.cause.__typename === 'ExecutedAlongPipeline' ? execution.cause.execution?.id : null) ??
  execution?.id ??
  '';

const columns: readonly Column<Job>[] = [
  {
    ...{ key: 'status', title: 'Status', width: '128px', hideBelow: 640 },
    cell: ({ status }) => <Status status={status} />,
  },
  {
    ...{ key: 'job', title: 'Job' },
    cell: (job) => (
      <div className={styles.job}>
        <div className={rows.line}>
          <RowLink href={`/runs/${runOf(job)}?task=${job.taskExecution?.id ?? ''}`}>
            {job.taskExecution?.name ?? 'hidden task'}
          </RowLink>
          {job.attempt > 1 && <span className={rows.tag}>try {job.attempt}</span>}
          <span className={styles.path} title={pathOf(job)}>
            {pathOf(job)}
          </span>
        </div>
        <div className={rows.second}>
          <Status status={job.status} />
          {' · '}
          <Time at={job.startedAt} />
        </div>
      </div>
    ),
  },
  {
    ...{ key: 'reason', title: 'Reason', width: '24%', hideBelow: 900 },
    cell: ({ reason }) => (
      <span className={styles.quiet} title={reason ?? undefined}>
        {reason ?? '–'}
      </span>
    ),
  },
  {
    ...{ key: 'duration', title: 'Duration', width: '104px', align: 'end', hideBelow: 640 },
    cell: ({ startedAt, endedAt }) => (
      <Duration
        ms={startedAt !== null && endedAt !== null ? Date.parse(endedAt) - Date.parse(startedAt) : null}
        since={endedAt === null ? startedAt : null}
      />
    ),
  },
  {
    ...{ key: 'started', title: 'Started', width: '104px', align: 'end', hideBelow: 640 },
    cell: ({ startedAt }) => (
      <span className={styles.quiet}>
        <Time at={startedAt} />
      </span>
    ),
  },
  {
    ...{ key: 'log', title: 'Log', quiet: true, width: '68px', align: 'end' },
    cell: ({ id }) => (
      <Link href={`/jobs/${id}/log`} className={styles.above}>
        Log
      </Link>
    ),
  },
];

interface JobTableProps {
  readonly label: string;
  readonly jobs: readonly Job[];
  readonly hasMore?: boolean;
  readonly loadingMore?: boolean;
  readonly onMore?: () => void;
}

/** Jobs of an agent, with links to their tasks and logs. */
export const JobTable = ({ label, jobs, ...more }: JobTableProps) => (
  <Table label={label} rows={jobs} columns={columns} idOf={({ id }) => id} {...more} />
);
