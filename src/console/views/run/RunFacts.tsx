import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Id } from '../../parts/Id';
import { Person } from '../../parts/Person';
import { Duration, Time } from '../../parts/Time';
import type { Run } from './runData';
import { unnamed } from '../../parts/definitionName';
import styles from './Run.module.css';

/** Who started it, when, where, and what it deploys. */
export function RunFacts({ run }: { readonly run: Run }) {
  const environments =
    run.__typename === 'WorkflowExecution'
      ? [run.environment?.name]
      : run.pipelineStageExecutions.map((one) =>
          one.__typename === 'WorkflowStageExecution' ? one.environment?.name : undefined,
        );
  const named = [...new Set(environments.filter((name) => name != null))];
  return (
    <dl className={styles.facts}>
      <Fact title="Application">{run.application?.name ?? unnamed('application')}</Fact>
      <Fact title="Started by">
        <By cause={run.cause} />
      </Fact>
      <Fact title="Created">
        <Time at={run.createdAt} />
      </Fact>
      <Fact title="Duration">
        <Duration ms={run.durationMs} since={run.endedAt === null && run.attempt === 1 ? run.startedAt : null} />
      </Fact>
      {named.length > 0 && <Fact title={named.length === 1 ? 'Environment' : 'Environments'}>{named.join(', ')}</Fact>}
      <Fact title="Revision">{run.revision.number}</Fact>
      <Fact title="ID">
        <Id id={run.id} />
      </Fact>
      {run.serviceImages.length > 0 && (
        <Fact title="Images" long>
          {run.serviceImages.map(({ serviceId, service, image }) => (
            <span key={serviceId} className={styles.image} title={image}>
              <span className={styles.quiet}>{service?.name ?? 'service'}</span> <code>{image}</code>
            </span>
          ))}
        </Fact>
      )}
      {run.notes && (
        <Fact title="Note" long>
          {run.notes}
        </Fact>
      )}
    </dl>
  );
}

function Fact({
  title,
  long,
  children,
}: {
  readonly title: string;
  readonly long?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <div className={long ? styles.longFact : styles.fact}>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function By({ cause }: { readonly cause: Run['cause'] }) {
  switch (cause.__typename) {
    case 'ExecutedByUser':
      return <Person name={cause.user?.name ?? 'a user'} />;
    case 'ExecutedByAPIKey':
      return <Person name={cause.apiKey.name} kind="key" />;
    case 'ExecutedByTrigger':
      return <Person name={cause.trigger?.name ?? 'a trigger'} kind="trigger" />;
    default:
      return cause.execution ? (
        <Link href={`/runs/${cause.execution.id}`}>{cause.execution.pipeline?.name ?? 'its pipeline run'}</Link>
      ) : (
        <span>its pipeline run</span>
      );
  }
}
