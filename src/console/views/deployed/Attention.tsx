import { useEffect, useMemo } from 'react';
import { Link } from 'wouter';
import { openAction } from '../../actions/openAction';
import { useData } from '../../data/hooks';
import { Button } from '../../parts/Button';
import { Icon } from '../../parts/Icon';
import { Status } from '../../parts/Status';
import { Time } from '../../parts/Time';
import type { Column } from './cells';
import styles from './Deployed.module.css';
import { DeployedApprovalsDocument, DeployedFailedRunsDocument, DeployedRecentRunsDocument } from './generated';
import { tagOf } from './images';

interface AttentionProps {
  readonly columns: readonly Column[];
  readonly applications: readonly string[];
  /** Grows as something changes. */
  readonly seen: number;
}

const failedStatuses = ['FAILED', 'ERROR', 'EXPIRED', 'REJECTED'];
const SHOWN = 5;

/** What needs a person: pipelines whose newest run failed, approvals, and deployments that were cut off. */
export function Attention({ columns, applications, seen }: AttentionProps) {
  const of = applications.length > 0 ? [{ application: { operator: 'IN' as const, values: [...applications] } }] : [];
  const recent = useData(DeployedRecentRunsDocument, { filters: of });
  const approvals = useData(DeployedApprovalsDocument, {
    applicationId: applications.length === 1 ? applications[0] : undefined,
  });
  const ids = useMemo(() => {
    const newest = new Map<string, string>();
    for (const run of recent.data?.executions.nodes ?? []) {
      const definition = run.__typename === 'PipelineExecution' ? run.pipeline?.id : run.workflow?.id;
      if (definition === undefined || newest.has(definition)) continue;
      newest.set(definition, failedStatuses.includes(run.status) ? run.id : '');
    }
    return [...newest.values()].filter((id) => id !== '').slice(0, SHOWN);
  }, [recent.data]);
  const filters = [{ execution: { operator: 'IN' as const, values: ids } }];
  const failed = useData(DeployedFailedRunsDocument, { filters }, { pause: ids.length === 0 });
  const [readRecent, readApprovals] = [recent.refresh, approvals.refresh];
  useEffect(() => {
    if (seen === 0) return;
    const timer = setTimeout(() => {
      readRecent();
      readApprovals();
    }, 400);
    return () => clearTimeout(timer);
  }, [seen, readRecent, readApprovals]);

  const waiting = approvals.data?.approvals.nodes ?? [];
  const runs = ids.length === 0 ? [] : (failed.data?.executions.nodes ?? []).filter(({ id }) => ids.includes(id));
  const cutOff = columns.flatMap(({ id, name, application, cells }) =>
    [...cells.values()].flatMap(({ service, unsettled }) =>
      unsettled?.status === 'UNKNOWN' ? [{ id, name, application, service, unsettled }] : [],
    ),
  );
  if (runs.length + waiting.length + cutOff.length === 0) return null;
  return (
    <section className={styles.attention} aria-labelledby="attention">
      <h2 id="attention">Needs attention</h2>
      <ul>
        {runs.map((run) => {
          const resume = run.availableActions.find(({ action }) => action === 'resume');
          const name = (run.__typename === 'PipelineExecution' ? run.pipeline?.name : run.workflow?.name) ?? 'run';
          return (
            <li key={run.id} className={styles.attentionRow}>
              <span className={styles.attentionStatus}>
                <Status status={run.status} />
              </span>
              <div className={styles.attentionText}>
                <Link href={`/runs/${run.id}`}>
                  {run.application?.name} / {name}
                </Link>{' '}
                <span className={styles.since}>
                  <Time at={run.endedAt} />
                </span>
                {run.failureDetails && <p className={styles.why}>{run.failureDetails}</p>}
              </div>
              {resume?.allowed && (
                <Button small icon="start" onClick={() => openAction('resume', { on: run.id })}>
                  Resume
                </Button>
              )}
            </li>
          );
        })}
        {waiting.map(({ approvalId, stepName, startedAt, run }) => (
          <li key={approvalId} className={styles.attentionRow}>
            <span className={styles.attentionStatus}>
              <Status status="WAITING">Waits for you</Status>
            </span>
            <div className={styles.attentionText}>
              <Link href={`/runs/${run.id}`}>
                {run.application?.name} / {stepName}
              </Link>{' '}
              <span className={styles.since}>
                <Time at={startedAt} />
              </span>
            </div>
          </li>
        ))}
        {cutOff.slice(0, SHOWN).map(({ id, name, application, service, unsettled }) => (
          <li key={`${id} ${service}`} className={styles.attentionRow}>
            <span className={styles.attentionStatus}>
              <Status status="UNKNOWN" />
            </span>
            <div className={styles.attentionText}>
              <Link href={`/runs/${unsettled.runId}`}>
                {application.name} / {service} in {name}
              </Link>
              <p className={styles.why}>
                The deployment of <code>{tagOf(unsettled.image)}</code> was cut off. The machines may run it, or what
                was there before.
              </p>
            </div>
          </li>
        ))}
      </ul>
      {waiting.length > SHOWN && (
        <p className={styles.since}>
          <Icon name="approvals" /> More approvals wait.
        </p>
      )}
    </section>
  );
}
