import { useState } from 'react';
import { useLocation } from 'wouter';
import { useAction, useData } from '../data/hooks';
import { Time } from '../parts/Time';
import { toast } from '../parts/Toast';
import { ActionFrame, planFrame } from './ActionFrame';
import styles from './actions.module.css';
import {
  ActionEnvironmentDocument,
  ActionPromoteDocument,
  type ActionPromotePlanFragment,
  ActionPromotePreviewDocument,
} from './generated';
import type { ActionSubject } from './openAction';
import {
  FromTo,
  ImageTag,
  noOverrides,
  OverrideFields,
  overridable,
  overridesInput,
  PlanPart,
  ReasonField,
} from './PlanParts';
import { usePlan } from './usePlan';

interface PromoteDialogProps {
  readonly subject: ActionSubject;
  readonly onClose: () => void;
}

/** Promotion of the images of the environment before, to this one. */
export function PromoteDialog({ subject, onClose }: PromoteDialogProps) {
  const environment = useData(ActionEnvironmentDocument, { id: subject.on }).data?.environment;
  const [overrides, setOverrides] = useState(noOverrides);
  const [notes, setNotes] = useState('');
  const [, navigate] = useLocation();
  const input = {
    toId: subject.on,
    services: subject.services === undefined ? undefined : [subject.services],
    ...overridesInput(overrides),
  };
  const planned = usePlan({
    document: ActionPromotePreviewDocument,
    variables: { input },
    planOf: (data) => data.promotePreview,
    linesOf,
  });
  const { plan } = planned;
  const action = useAction(ActionPromoteDocument);
  const confirm = async () => {
    const done = await action.run({
      input: { ...input, planToken: plan?.planToken, notes: notes.trim() || undefined },
    });
    if (done === undefined) return planned.renew(true);
    toast('The promotion has started.');
    navigate(`/runs/${done.promote.execution?.id ?? ''}`, { replace: true });
  };
  const name = environment?.name ?? plan?.to.name;
  return (
    <ActionFrame
      title={name === undefined ? 'Promote' : `Promote to ${name}`}
      about={
        plan && (
          <p>
            Images of <strong>{plan.from.name}</strong> go to <strong>{plan.to.name}</strong>
            {plan.start && (
              <>
                {' '}
                with a new run of {plan.start.executionType === 'PIPELINE' ? 'the pipeline' : 'the workflow'}{' '}
                <strong>{plan.start.name}</strong>
              </>
            )}
            .
          </p>
        )
      }
      onClose={onClose}
      label="Promote"
      {...planFrame(planned, action)}
      onConfirm={() => void confirm()}
    >
      {plan && (
        <PlanPart title="Promotes">
          {plan.promotions.map(({ service, current, deployment, older }) => (
            <li key={deployment.id}>
              <strong>{service?.name ?? 'deleted service'}</strong>
              <FromTo from={<ImageTag image={current?.image} />} to={<ImageTag image={deployment.image} />} />
              <span className={styles.quiet}>
                in {plan.from.name} since <Time at={deployment.deployedAt} />
              </span>
              {older && <strong>Older than what {plan.to.name} has.</strong>}
            </li>
          ))}
        </PlanPart>
      )}
      <OverrideFields value={overrides} onChange={setOverrides} {...overridable(plan?.refusals)} />
      <ReasonField value={notes} onChange={setNotes} />
    </ActionFrame>
  );
}

const linesOf = ({ promotions, start, refusals }: ActionPromotePlanFragment): string[] => [
  ...promotions.map(
    ({ service, current, deployment }) => `${service?.name}: ${current?.image ?? 'nothing'} → ${deployment.image}`,
  ),
  ...(start === null ? [] : [`starts ${start.name}`]),
  ...refusals.map(({ message }) => message),
];
