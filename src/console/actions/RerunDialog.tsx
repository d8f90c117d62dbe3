import { useState } from 'react';
import { useLocation } from 'wouter';
import { useAction } from '../data/hooks';
import { toast } from '../parts/Toast';
import type { RunActionProps } from './runAction';
import { ActionFrame } from './ActionFrame';
import { ActionRerunDocument } from './generated';
import { AboutRun, noOverrides, OverrideFields, overridesInput, PlanPart, ReasonField, Replaced } from './PlanParts';

/** Rerun: everything runs again, with the inputs and images of the start. */
export function RerunDialog({ run, onClose, refusal }: RunActionProps) {
  const [reason, setReason] = useState('');
  const [overrides, setOverrides] = useState(noOverrides);
  const [, navigate] = useLocation();
  const action = useAction(ActionRerunDocument);
  const confirm = async () => {
    const done = await action.run({
      input: {
        applicationId: run.application?.id ?? '',
        executionId: run.id,
        // The reader has seen this version of the run.
        expectedVersion: run.version,
        reason: reason.trim() || undefined,
        ...overridesInput(overrides),
      },
    });
    if (done === undefined) return;
    toast('The run starts again.');
    navigate(`/runs/${run.id}`, { replace: true });
  };
  const code = action.error?.code;
  return (
    <ActionFrame
      title="Rerun"
      about={<AboutRun run={run} />}
      onClose={onClose}
      label="Rerun"
      running={action.running}
      error={action.error}
      refusals={refusal && [refusal]}
      disabledBecause={refusal?.message}
      onConfirm={() => void confirm()}
    >
      <p>
        Everything runs again in attempt {run.attempt + 1}, with the same inputs, images and definition. Nothing is
        kept.
      </p>
      <PlanPart title="Runs">
        {run.__typename === 'PipelineExecution'
          ? run.pipelineStageExecutions.map(({ pipelineStageElementId, pipelineStageName, pipelineStepName }) => (
              <li key={pipelineStageElementId}>
                <strong>
                  {pipelineStageName} / {pipelineStepName}
                </strong>
              </li>
            ))
          : []}
      </PlanPart>
      <Replaced replaced={run.willReplace} />
      <OverrideFields
        value={overrides}
        onChange={setOverrides}
        movedOn={run.willReplace.length > 0 || code === 'ENVIRONMENT_MOVED_ON'}
        frozen={code === 'ENVIRONMENT_FROZEN'}
      />
      <ReasonField value={reason} onChange={setReason} />
    </ActionFrame>
  );
}
