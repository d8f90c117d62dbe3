import { Icon } from '../../parts/Icon';
import type { StartPlanFragment } from './generated';
import styles from './Start.module.css';

/** What a start would do: problems first, then stages with their tasks, then images that it replaces. */
export function PlanPanel({ plan }: { readonly plan: StartPlanFragment }) {
  const denied = plan.environmentAccess.filter(({ allowed }) => !allowed);
  const problems = [
    ...plan.problems,
    ...denied.map(({ environment, message }) => ({
      code: 'FORBIDDEN',
      field: environment?.name ?? null,
      message: message ?? 'You may not use this environment.',
      refuses: true,
    })),
  ];
  const replaced = plan.deployments.flatMap(({ deployed, image }) =>
    deployed === null || deployed.image === image ? [] : [{ ...deployed, image, now: deployed.image }],
  );
  return (
    <div className={styles.plan} aria-live="polite">
      {problems.length > 0 && (
        <section>
          <h3>{plan.startable ? 'Starts, but' : 'Can’t start yet'}</h3>
          <ul className={styles.problems}>
            {problems.map(({ code, field, message, refuses }) => (
              <li key={`${code} ${field} ${message}`} className={refuses ? styles.bad : styles.warning}>
                <Icon name="alert" />
                <span>
                  {message} <code>{code}</code>
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h3>Runs</h3>
        <ol className={styles.steps}>
          {plan.steps.map(({ kind, stageName, stepName, workflowName, skipCondition, tasks, taskCount }) => {
            const skipped = skipCondition?.outcome === 'SKIPPED';
            return (
              <li key={`${stageName} ${stepName} ${workflowName}`} className={skipped ? styles.skipped : undefined}>
                <strong>{[stageName, stepName].filter(Boolean).join(' / ') || workflowName}</strong>{' '}
                <span className={styles.quiet}>
                  {skipped
                    ? `skipped: ${skipCondition.expression}`
                    : kind === 'APPROVAL'
                      ? 'asks for approval'
                      : `${workflowName}, ${taskCount} ${taskCount === 1 ? 'task' : 'tasks'}`}
                </span>
                {!skipped && kind === 'WORKFLOW' && (
                  <p className={styles.tasks}>
                    {tasks
                      .slice(0, 12)
                      .map(({ name, runs, skipped: left }) => (runs === 0 && left > 0 ? `${name} (skipped)` : name))
                      .join(', ')}
                    {tasks.length > 12 && ` and ${tasks.length - 12} more`}
                  </p>
                )}
              </li>
            );
          })}
        </ol>
      </section>
      {replaced.length > 0 && (
        <section>
          <h3>Replaces</h3>
          <ul className={styles.steps}>
            {replaced.map(({ id, service, environment, now, image }) => (
              <li key={id}>
                <strong>
                  {service?.name} in {environment?.name}
                </strong>{' '}
                <code>{now}</code> → <code>{image}</code>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
