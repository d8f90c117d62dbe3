import { useState } from 'react';
import { useAction } from '../data/hooks';
import { Checkbox } from '../parts/Field';
import { Status } from '../parts/Status';
import { Time } from '../parts/Time';
import type { RunActionProps } from './runAction';
import { ActionFrame, planFrame } from './ActionFrame';
import styles from './actions.module.css';
import { ActionRestoreDocument, type ActionRestorePlanFragment, ActionRestorePreviewDocument } from './generated';
import { openAction } from './openAction';
import {
  AboutRun,
  FromTo,
  ImageTag,
  noOverrides,
  OverrideFields,
  overridable,
  overridesInput,
  PlanPart,
} from './PlanParts';
import { usePlan } from './usePlan';

/** Restore of a run to how it was before its extension. */
export function RestoreDialog({ run, onClose }: RunActionProps) {
  const [overrides, setOverrides] = useState(noOverrides);
  const [confirmed, setConfirmed] = useState(false);
  const [debug, setDebug] = useState(false);
  const { overrideFreeze } = overridesInput(overrides);
  const planned = usePlan({
    document: ActionRestorePreviewDocument,
    variables: { runId: run.id, overrideFreeze },
    planOf: (data) => data.restorePreview,
    linesOf,
  });
  const { plan } = planned;
  const action = useAction(ActionRestoreDocument);
  const conflicts = (plan?.environmentConflicts.length ?? 0) > 0;
  const confirm = async () => {
    const done = await action.run({
      input: {
        runId: run.id,
        restorePointId: plan?.restorePoint?.id,
        confirmEnvironmentConflicts: confirmed || undefined,
        debug: debug || undefined,
        planToken: plan?.planToken,
        overrideFreeze,
      },
    });
    if (done === undefined) return planned.renew(true);
    openAction('operation', { on: run.id, operation: done.restoreRun.operation.id });
  };
  const frame = planFrame(planned, action);
  const unconfirmed = conflicts && !confirmed ? 'Confirm that newer deployments may be replaced.' : undefined;
  return (
    <ActionFrame
      title="Restore the run"
      about={<AboutRun run={run} />}
      onClose={onClose}
      label="Restore"
      danger
      {...frame}
      disabledBecause={frame.disabledBecause ?? unconfirmed}
      onConfirm={() => void confirm()}
    >
      {plan && <RestorePlan plan={plan} />}
      {conflicts && (
        <Checkbox
          label="Replace these newer deployments"
          checked={confirmed}
          onChange={({ target }) => setConfirmed(target.checked)}
        />
      )}
      <OverrideFields
        value={overrides}
        onChange={setOverrides}
        frozen={overridable(plan?.refusals).frozen}
        movedOn={false}
      />
      {plan?.allowed && (
        <Checkbox label="Write a debug log" checked={debug} onChange={({ target }) => setDebug(target.checked)} />
      )}
    </ActionFrame>
  );
}

const shownValue = (value: string | null) =>
  value === null ? <span className={styles.quiet}>not set</span> : <code>{value}</code>;

function RestorePlan({ plan }: { readonly plan: ActionRestorePlanFragment }) {
  const { restorePoint, configuration, images, inputs, variables, stages, tasks, environmentConflicts } = plan;
  return (
    <>
      {restorePoint && (
        <p>
          Returns to attempt {restorePoint.attempt}, as it was before {restorePoint.createdBy.name} extended the run{' '}
          <Time at={restorePoint.createdAt} />.
        </p>
      )}
      <PlanPart title="Deploys again">
        {images.map(({ environmentId, environment, serviceId, service, now, restored }) => (
          <li key={`${environmentId} ${serviceId}`}>
            <strong>
              {service} in {environment}
            </strong>
            <FromTo from={<ImageTag image={now} />} to={<ImageTag image={restored} />} />
          </li>
        ))}
      </PlanPart>
      <PlanPart title="Runs" note="Restore tasks, step by step.">
        {tasks.map(({ step, stageName, stepName, name, workflow, environment }) => (
          <li key={`${step} ${stageName} ${stepName} ${name}`}>
            <span className={styles.quiet}>{step}.</span>
            <strong>{name}</strong>
            <span className={styles.quiet}>
              {workflow}
              {environment === null ? '' : ` in ${environment}`}
            </span>
          </li>
        ))}
      </PlanPart>
      <PlanPart title="Newer deployments in the way" note="Runs that started later deployed these.">
        {environmentConflicts.map(({ environmentId, environment, serviceId, service, now, restored, deployedAt }) => (
          <li key={`${environmentId} ${serviceId}`}>
            <strong>
              {service} in {environment}
            </strong>
            <FromTo from={<ImageTag image={now} />} to={<ImageTag image={restored} />} />
            <span className={styles.quiet}>
              <Time at={deployedAt} />
            </span>
          </li>
        ))}
      </PlanPart>
      <PlanPart title="Inputs and variables">
        {[
          ...inputs.map(({ name, now, restored }) => (
            <li key={name}>
              <strong>{name}</strong>
              <FromTo from={shownValue(now)} to={shownValue(restored)} />
            </li>
          )),
          ...variables.map(({ elementId, stepName, name, now, restored }) => (
            <li key={`${elementId} ${name}`}>
              <strong>
                {stepName}: {name}
              </strong>
              <FromTo from={shownValue(now)} to={shownValue(restored)} />
            </li>
          )),
        ]}
      </PlanPart>
      <PlanPart title="Results that are visible again">
        {stages.map(({ elementId, stageName, stepName, status, restoredStatus, restoredAttempt }) => (
          <li key={elementId}>
            <strong>
              {stageName} / {stepName}
            </strong>
            <FromTo
              from={status === null ? <span className={styles.quiet}>none</span> : <Status status={status} />}
              to={
                restoredStatus === null ? (
                  <span className={styles.quiet}>none</span>
                ) : (
                  <span>
                    <Status status={restoredStatus} /> <span className={styles.quiet}>attempt {restoredAttempt}</span>
                  </span>
                )
              }
            />
          </li>
        ))}
      </PlanPart>
      {configuration !== null && (
        <details className={styles.more}>
          <summary>Configuration of the last success</summary>
          <pre className={styles.configuration} tabIndex={0}>
            {configuration}
          </pre>
        </details>
      )}
    </>
  );
}

const linesOf = ({ images, tasks, environmentConflicts, refusals }: ActionRestorePlanFragment): string[] => [
  ...images.map(({ service, environment, now, restored }) => `${service} in ${environment}: ${now} → ${restored}`),
  ...tasks.map(({ step, name, stepName }) => `runs ${step}. ${stepName} / ${name}`),
  ...environmentConflicts.map(
    ({ service, environment, now }) => `newer deployment of ${service} in ${environment}: ${now}`,
  ),
  ...refusals.map(({ message }) => message),
];
