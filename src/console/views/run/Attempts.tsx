import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useData } from '../../data/hooks';
import { type LiveSource, useLive } from '../../data/live';
import { ErrorNote } from '../../parts/ErrorNote';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { Duration, Time } from '../../parts/Time';
import { ConsoleRunAttemptsDocument, type ConsoleRunAttemptsQuery } from './generated';
import styles from './Details.module.css';
import { useThrottled } from '../../data/throttled';

type Attempt = NonNullable<ConsoleRunAttemptsQuery['execution']>['attempts'][number];

const AGAIN_MS = 500;
const words = (text: string) => text.charAt(0) + text.slice(1).toLowerCase().replaceAll('_', ' ');

/** The attempts side by side, the newest first, with what each kept of earlier ones; then everything that people did. */
export function Attempts({ id, source }: { readonly id: string; readonly source: LiveSource | null }) {
  const { data, error, loading, refresh } = useData(ConsoleRunAttemptsDocument, { id });
  const soon = useThrottled(refresh);
  useLive(source, (changes) => {
    if (changes.some(({ type }) => !type?.startsWith('TASK_') && !type?.startsWith('JOB_'))) soon(AGAIN_MS);
  });
  const execution = data?.execution;
  if (execution === undefined)
    return loading ? <Skeleton label="Loading the attempts" /> : <ErrorNote error={error} onRetry={refresh} />;
  const attempts = [...execution.attempts].reverse();
  const elements = attempts[0]?.pipelineStageExecutions ?? [];
  const rows: readonly { readonly title: string; readonly cell: (attempt: Attempt) => ReactNode }[] = [
    {
      title: 'Kind',
      cell: ({ kind, base }) => `${words(kind)}${base && kind !== 'START' ? `, on attempt ${base}` : ''}`,
    },
    { title: 'Result', cell: ({ status }) => (status ? <Status status={status} /> : '–') },
    { title: 'By', cell: ({ actor }) => actor.name },
    { title: 'Reason', cell: ({ reason }) => reason ?? '–' },
    { title: 'Started', cell: ({ startedAt }) => <Time at={startedAt} /> },
    { title: 'Duration', cell: ({ durationMs }) => <Duration ms={durationMs} /> },
    { title: 'From stage', cell: ({ fromStage }) => fromStage ?? 'the first' },
    { title: 'Revision', cell: ({ revision }) => revision.number },
    {
      title: 'Images',
      cell: ({ images }) =>
        images.length === 0
          ? '–'
          : images.map(({ service, image }) => (
              <code key={image} title={service?.name}>
                {image}{' '}
              </code>
            )),
    },
    { title: 'Failure', cell: ({ failureDetails, failureCode }) => failureDetails ?? failureCode ?? '–' },
    ...elements.map(({ pipelineStageElementId, pipelineStepName, pipelineStageName }) => ({
      title: `${pipelineStageName}: ${pipelineStepName}`,
      cell: ({ attempt, pipelineStageExecutions }: Attempt) => {
        const own = pipelineStageExecutions.find((one) => one.pipelineStageElementId === pipelineStageElementId);
        if (own === undefined) return '–';
        return (
          <>
            <Status status={own.status} />{' '}
            {own.attempt < attempt && <span className={styles.tag}>kept from {own.attempt}</span>}
          </>
        );
      },
    })),
  ];
  return (
    <div className={styles.stack}>
      <Panel title="Attempts" padded={false}>
        <section className={styles.scroll} tabIndex={0} aria-label="Attempts side by side">
          <table className={styles.compared}>
            <thead>
              <tr>
                <th scope="col">
                  <span className="quiet">Property</span>
                </th>
                {attempts.map(({ attempt, revertedBy }) => (
                  <th key={attempt} scope="col">
                    Attempt {attempt}
                    {revertedBy && <span className={styles.tag}>reverted by a restore</span>}
                    {attempt > 1 && (
                      <Link
                        className={styles.compare}
                        href={`/compare?left=${id}&leftAttempt=${attempt - 1}&right=${id}&rightAttempt=${attempt}`}
                      >
                        Compare with attempt {attempt - 1}
                      </Link>
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ title, cell }) => (
                <tr key={title}>
                  <th scope="row">{title}</th>
                  {attempts.map((attempt) => (
                    <td key={attempt.attempt}>{cell(attempt)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </Panel>
      <Panel title="History">
        <ol className={styles.history}>
          {execution.history.map(({ action, at, actor, stage, step, text, attempt }) => (
            <li key={`${at} ${action} ${step}`}>
              <span>
                <strong>{words(action)}</strong> by {actor.name}
                {(step ?? stage) && <> · {step ?? stage}</>}
                {attempt !== null && attempt > 1 && <> · attempt {attempt}</>}
                {text && <>: {text}</>}
              </span>
              <span className={styles.quiet}>
                <Time at={at} />
              </span>
            </li>
          ))}
        </ol>
      </Panel>
    </div>
  );
}
