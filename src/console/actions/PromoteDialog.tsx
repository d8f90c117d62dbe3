import { useAction, useData } from '../data/hooks';
import { Time } from '../parts/Time';
import styles from './actions.module.css';
import {
  ActionEnvironmentDocument,
  ActionPromoteDocument,
  type ActionPromotePlanFragment,
  ActionPromotePreviewDocument,
} from './generated';
import type { ActionSubject } from './openAction';
import { FromTo, ImageTag, PlanPart } from './PlanParts';
import { StartFrame, useChoices } from './StartFrame';
import { unnamed } from '../parts/definitionName';
import { usePlan } from './usePlan';

interface PromoteDialogProps {
  readonly subject: ActionSubject;
  readonly onClose: () => void;
}

/** Promotion of the images of the environment before, to this one. */
export function PromoteDialog({ subject, onClose }: PromoteDialogProps) {
  const environment = useData(ActionEnvironmentDocument, { id: subject.on }).data?.environment;
  const choices = useChoices();
  const input = {
    toId: subject.on,
    services: subject.services === undefined ? undefined : [subject.services],
    ...choices.planInput,
  };
  const planned = usePlan({
    document: ActionPromotePreviewDocument,
    variables: { input },
    planOf: (data) => data.promotePreview,
    linesOf,
  });
  const { plan } = planned;
  const action = useAction(ActionPromoteDocument);
  const name = environment?.name ?? plan?.to.name;
  return (
    <StartFrame
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
      {...{ choices, planned, action }}
      variablesOf={({ planToken, reason: notes }) => ({ input: { ...input, planToken, notes } })}
      runOf={({ promote }) => promote.execution}
      done="The promotion has started."
    >
      {plan && (
        <PlanPart title="Promotes">
          {plan.promotions.map(({ service, current, deployment, older }) => (
            <li key={deployment.id}>
              <strong>{service?.name ?? unnamed('service')}</strong>
              <FromTo from={<ImageTag image={current?.image} />} to={<ImageTag image={deployment.image} />} />
              <span className={styles.quiet}>
                in {plan.from.name} since <Time at={deployment.deployedAt} />
              </span>
              {older && <strong>Older than what {plan.to.name} has.</strong>}
            </li>
          ))}
        </PlanPart>
      )}
    </StartFrame>
  );
}

const linesOf = ({ promotions, start, refusals }: ActionPromotePlanFragment): string[] => [
  ...promotions.map(
    ({ service, current, deployment }) => `${service?.name}: ${current?.image ?? 'nothing'} → ${deployment.image}`,
  ),
  ...(start === null ? [] : [`starts ${start.name}`]),
  ...refusals.map(({ message }) => message),
];
