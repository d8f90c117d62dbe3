import { exit, Failure, usage } from './failure';
import { asking } from './run';
import { applicationOf, findRun } from './runs';
import type { Session } from './session';
import { readRun } from './showRun';
import { variableInput } from './start';

export interface DecideOptions {
  readonly step?: string;
  readonly comments?: string;
}

interface Approval {
  readonly approvalId: string;
  readonly stageName: string;
  readonly stepName: string;
  readonly approvers?: readonly string[];
}

/** `slipway approve` and `slipway reject`: the one approval that the run waits for, or the one that `--step` names. */
export async function decide(
  session: Session,
  named: string,
  action: 'APPROVE' | 'REJECT',
  { step, comments }: DecideOptions,
): Promise<void> {
  const { api, ui } = session;
  const run = await findRun(session, named);
  const applicationId = applicationOf(run);
  const { approvalDetails } = await api.ask<{ approvalDetails: { approvalDetails: readonly Approval[] } }>(
    `query ($application: ID!, $run: ID!) { approvalDetails(applicationId: $application, executionId: $run) {
      approvalDetails { approvalId stageName stepName ... on UserGroupApprovalDetails { approvers } } } }`,
    { application: applicationId, run: run.id },
  );
  const waiting = approvalDetails.approvalDetails;
  const [approval, another] = waiting.filter(({ stepName }) => step === undefined || stepName === step);
  if (approval === undefined) {
    const others = waiting.length > 0 ? [`It waits for: ${waiting.map(({ stepName }) => stepName).join(', ')}.`] : [];
    throw new Failure(exit.refused, 'NOT_WAITING', 'The run waits for no such approval.', {}, others);
  }
  if (another !== undefined) {
    throw usage('The run waits for several approvals.', ...waiting.map(({ stepName }) => `--step "${stepName}"`));
  }
  const input = { action, applicationId, executionId: run.id, approvalId: approval.approvalId, comments };
  await api.ask(
    'mutation ($input: ApproveOrRejectApprovalsInput!) { approveOrRejectApprovals(input: $input) { success } }',
    {
      input,
    },
  );
  const done = action === 'APPROVE' ? 'approved' : 'rejected';
  ui.say(`${approval.stageName} › ${approval.stepName} is ${done}. ${ui.paint.dim(`slipway watch ${run.id}`)}`);
  ui.answer({ approvalId: approval.approvalId, stepName: approval.stepName, action, executionId: run.id });
}

export interface AnswerOptions {
  readonly step?: string;
  readonly var: readonly string[];
}

/** `slipway answer`: what an element of a stage asks for; what is left out gets its default. */
export async function answer(session: Session, named: string, { step, var: pairs }: AnswerOptions): Promise<void> {
  const { api, ui } = session;
  const variableInputs = pairs.map(variableInput);
  const found = await findRun(session, named);
  const all = asking(await readRun(api, found.id));
  const [stage, another] = all.filter(({ pipelineStepName }) => step === undefined || pipelineStepName === step);
  const steps = all.map(({ pipelineStepName }) => `--step "${pipelineStepName}"`);
  if (stage === undefined)
    throw new Failure(exit.refused, 'NOT_WAITING', 'The run asks for no such inputs.', {}, steps);
  if (another !== undefined) throw usage('The run asks for the inputs of several elements.', ...steps);
  const input = {
    applicationId: applicationOf(found),
    pipelineExecutionId: found.id,
    pipelineStageElementId: stage.pipelineStageElementId,
    variableInputs,
  };
  await api.ask('mutation ($input: PipelineResumeRuntimeInput!) { pipelineResumeRuntime(input: $input) { status } }', {
    input,
  });
  ui.say(
    `${stage.pipelineStageName} › ${stage.pipelineStepName} goes on. ${ui.paint.dim(`slipway watch ${found.id}`)}`,
  );
  ui.answer({ stepName: stage.pipelineStepName, executionId: found.id });
}

/** `slipway pause` and `slipway continue`: no new task starts, and starts again. */
export async function hold(
  session: Session,
  named: string,
  verb: 'pause' | 'continue',
  reason?: string,
): Promise<void> {
  const { api, ui } = session;
  const run = await findRun(session, named);
  const { done } = await api.ask<{ done: { execution: { id: string; status: string } } }>(
    `mutation ($input: PauseExecutionInput!) { done: ${verb}Execution(input: $input) { execution { id status } } }`,
    { input: { applicationId: applicationOf(run), executionId: run.id, reason } },
  );
  ui.say(`${ui.status(done.execution.status).trimEnd()} ${run.id}`);
  ui.answer(done);
}
