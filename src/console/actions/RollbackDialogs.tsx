import { useState } from 'react';
import { useAction, useData } from '../data/hooks';
import { Checkbox } from '../parts/Field';
import { Status } from '../parts/Status';
import { Time } from '../parts/Time';
import { exactText } from '../parts/times';
import styles from './actions.module.css';
import {
  ActionApplicationDocument,
  ActionEnvironmentDocument,
  ActionRestoreEnvironmentsDocument,
  type ActionRestoreEnvironmentsPlanFragment,
  ActionRestoreEnvironmentsPreviewDocument,
  ActionRollbackDocument,
  type ActionRollbackPlanFragment,
  ActionRollbackPreviewDocument,
  type ActionRollbackServiceFragment,
  type ActionRollbackStepFragment,
} from './generated';
import type { ActionSubject } from './openAction';
import { FromTo, ImageTag, PlanPart } from './PlanParts';
import { StartFrame, useChoices } from './StartFrame';
import { unnamed } from '../parts/definitionName';
import { usePlan } from './usePlan';

interface SubjectProps {
  readonly subject: ActionSubject;
  readonly onClose: () => void;
}

/** Rollback of an environment: to the previous images, to a deployment, or to a moment. */
export function RollbackDialog({ subject, onClose }: SubjectProps) {
  const environment = useData(ActionEnvironmentDocument, { id: subject.on }).data?.environment;
  const choices = useChoices();
  const to =
    subject.deployment !== undefined
      ? { deploymentId: subject.deployment }
      : subject.time === undefined
        ? undefined
        : { time: subject.time };
  const input = {
    environmentId: subject.on,
    services: subject.deployment !== undefined || subject.services === undefined ? undefined : [subject.services],
    to,
    ...choices.planInput,
  };
  const planned = usePlan({
    document: ActionRollbackPreviewDocument,
    variables: { input },
    planOf: (data) => data.rollbackPreview,
    linesOf: rollbackLines,
  });
  const { plan } = planned;
  const action = useAction(ActionRollbackDocument);
  return (
    <StartFrame
      title={environment === undefined ? 'Roll back' : `Roll back ${subject.services ?? ''} in ${environment.name}`}
      about={environment && <p>{environment.application?.name}: a new run deploys the earlier images again.</p>}
      onClose={onClose}
      label="Roll back"
      danger
      {...{ choices, planned, action }}
      variablesOf={(confirmed) => ({ input: { ...input, ...confirmed } })}
      runOf={({ rollbackEnvironment }) => rollbackEnvironment.execution}
      done="The rollback has started."
    >
      {plan && (
        <>
          <ServicesPart services={plan.services} />
          <PlanPart title="Stays as it is">
            {plan.kept.map(({ service, reason: why }) => (
              <li key={service}>
                <strong>{service}</strong> <span className={styles.quiet}>{why}</span>
              </li>
            ))}
          </PlanPart>
          <StepsPart steps={plan.steps} />
        </>
      )}
    </StartFrame>
  );
}

/** All environments of an application back to a moment. */
export function RestoreEnvironmentsDialog({ subject, onClose }: SubjectProps) {
  const application = useData(ActionApplicationDocument, { id: subject.on }).data?.application;
  const choices = useChoices();
  const [leaveOut, setLeaveOut] = useState(false);
  const input = {
    applicationIds: [subject.on],
    time: subject.time ?? '',
    leaveOut: leaveOut || undefined,
    ...choices.planInput,
  };
  const planned = usePlan({
    document: ActionRestoreEnvironmentsPreviewDocument,
    variables: { input },
    planOf: (data) => data.restoreEnvironmentsPreview,
    linesOf: restoreLines,
  });
  const { plan } = planned;
  const action = useAction(ActionRestoreEnvironmentsDocument);
  return (
    <StartFrame
      title="Bring environments back"
      about={
        <p>
          {application?.name}: to the state of <strong>{exactText(Date.parse(subject.time ?? ''))}</strong>. A new run
          deploys the images of that moment again.
        </p>
      }
      onClose={onClose}
      label="Bring back"
      danger
      {...{ choices, planned, action }}
      variablesOf={(confirmed) => ({ input: { ...input, ...confirmed } })}
      runOf={({ restoreEnvironments }) => restoreEnvironments.execution}
      done="The environments are being brought back."
    >
      {plan && (
        <>
          <ServicesPart services={plan.services} />
          <PlanPart title="Can’t be brought back">
            {plan.left.map(({ environment, service, reason: why }) => (
              <li key={`${environment.id} ${service}`}>
                <strong>
                  {service} in {environment.name}
                </strong>{' '}
                <span className={styles.quiet}>{why}</span>
              </li>
            ))}
          </PlanPart>
          <StepsPart steps={plan.stages.flatMap(({ steps }) => steps)} />
          {(leaveOut || plan.refusals.some(({ code }) => code === 'PARTLY_GONE')) && (
            <Checkbox
              label="Leave these as they are"
              checked={leaveOut}
              onChange={({ target }) => setLeaveOut(target.checked)}
            />
          )}
        </>
      )}
    </StartFrame>
  );
}

const ServicesPart = ({ services }: { readonly services: readonly ActionRollbackServiceFragment[] }) => (
  <PlanPart title="Deploys again">
    {services.map(({ environment, service, from, newer, to }) => (
      <li key={`${environment.id} ${service?.id}`}>
        <strong>
          {service?.name ?? unnamed('service')} in {environment.name}
        </strong>
        <FromTo from={<ImageTag image={from?.image} />} to={<ImageTag image={to.image} />} />
        <span className={styles.quiet}>
          deployed <Time at={to.deployedAt} />
        </span>
        {newer && (
          <Status status={newer.status}>
            a newer deployment of {newer.image}{' '}
            {newer.status === 'UNKNOWN' ? 'was cut off' : newer.status.toLowerCase()}
          </Status>
        )}
      </li>
    ))}
  </PlanPart>
);

const StepsPart = ({ steps }: { readonly steps: readonly ActionRollbackStepFragment[] }) => (
  <PlanPart title="Runs">
    {steps.map(({ environment, executionId, workflow, services, tasks, hasRollbackTasks }) => (
      <li key={`${environment.id} ${executionId} ${workflow}`}>
        <strong>
          {workflow} in {environment.name}
        </strong>
        <span className={styles.quiet}>
          {services.join(', ')}
          {hasRollbackTasks ? ', its rollback tasks' : ''}
        </span>
        <span className={styles.tasks}>{tasks.join(', ')}</span>
      </li>
    ))}
  </PlanPart>
);

const serviceLines = (services: readonly ActionRollbackServiceFragment[]): string[] =>
  services.map(
    ({ environment, service, from, to }) =>
      `${service?.name} in ${environment.name}: ${from?.image ?? 'nothing'} → ${to.image}`,
  );

const rollbackLines = ({ services, kept, refusals }: ActionRollbackPlanFragment): string[] => [
  ...serviceLines(services),
  ...kept.map(({ service, reason }) => `${service} stays: ${reason}`),
  ...refusals.map(({ message }) => message),
];

const restoreLines = ({ services, left, refusals }: ActionRestoreEnvironmentsPlanFragment): string[] => [
  ...serviceLines(services),
  ...left.map(({ service, environment, reason }) => `${service} in ${environment.name} stays: ${reason}`),
  ...refusals.map(({ message }) => message),
];
