import {
  ContinueExecutionDocument,
  DecideApprovalDocument,
  GiveRuntimeInputsDocument,
  PauseExecutionDocument,
  ReassignApprovalDocument,
  WaitingApprovalsDocument,
} from '../client/generated';
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

/** `slipway approve` and `slipway reject`: decides the one approval that the run waits for, or the one that `--step` names. */
export async function decide(
  session: Session,
  named: string,
  action: 'APPROVE' | 'REJECT',
  { step, comments }: DecideOptions,
): Promise<void> {
  const { api, ui } = session;
  const { target, approval } = await findApproval(session, named, step);
  const { approvalId, stageName, stepName } = approval;
  await api.ask(DecideApprovalDocument, { input: { ...target, action, approvalId, comments } });
  const done = action === 'APPROVE' ? 'approved' : 'rejected';
  ui.say(`${stageName} › ${stepName} is ${done}. ${ui.paint.dim(`slipway watch ${target.executionId}`)}`);
  ui.answer({ approvalId, stepName, action, executionId: target.executionId });
}

/** `slipway reassign`: names other groups for an approval that waits. */
export async function reassign(
  session: Session,
  named: string,
  approvers: readonly string[],
  { step, reason }: { readonly step?: string; readonly reason?: string },
): Promise<void> {
  const { api, ui } = session;
  const { target, approval } = await findApproval(session, named, step);
  const { approvalId, stageName, stepName } = approval;
  await api.ask(ReassignApprovalDocument, { input: { ...target, approvalId, approvers: [...approvers], reason } });
  ui.say(`${stageName} › ${stepName} asks ${approvers.join(', ')}.`);
  ui.answer({ approvalId, stepName, approvers, executionId: target.executionId });
}

/** The one approval that the run waits for, or the one that `--step` names. */
async function findApproval(session: Session, named: string, step: string | undefined) {
  const run = await findRun(session, named);
  const target = { applicationId: applicationOf(run), executionId: run.id };
  const waiting = (await session.api.ask(WaitingApprovalsDocument, target)).approvalDetails.approvalDetails;
  const [approval, another] = waiting.filter(({ stepName }) => step === undefined || stepName === step);
  if (approval === undefined) {
    const others =
      waiting.length > 0 ? [`The run waits for: ${waiting.map(({ stepName }) => stepName).join(', ')}.`] : [];
    throw new Failure(exit.refused, 'NOT_WAITING', 'The run waits for no such approval.', {}, others);
  }
  if (another !== undefined) {
    throw usage('The run waits for several approvals.', ...waiting.map(({ stepName }) => `--step "${stepName}"`));
  }
  return { target, approval };
}

export interface AnswerOptions {
  readonly step?: string;
  readonly var: readonly string[];
}

/** `slipway answer`: provides the inputs that a stage element waits for; inputs that are not given get their defaults. */
export async function answer(session: Session, named: string, { step, var: pairs }: AnswerOptions): Promise<void> {
  const { api, ui } = session;
  const variableInputs = pairs.map(variableInput);
  const found = await findRun(session, named);
  const all = asking(await readRun(api, found.id));
  const [stage, another] = all.filter(({ pipelineStepName }) => step === undefined || pipelineStepName === step);
  const steps = all.map(({ pipelineStepName }) => `--step "${pipelineStepName}"`);
  if (stage === undefined)
    throw new Failure(exit.refused, 'NOT_WAITING', 'The run waits for no such inputs.', {}, steps);
  if (another !== undefined) throw usage('Several stage elements wait for inputs.', ...steps);
  const { pipelineStageElementId, pipelineStageName, pipelineStepName } = stage;
  const input = {
    applicationId: applicationOf(found),
    pipelineExecutionId: found.id,
    pipelineStageElementId,
    variableInputs,
  };
  await api.ask(GiveRuntimeInputsDocument, { input });
  ui.say(`${pipelineStageName} › ${pipelineStepName} continues. ${ui.paint.dim(`slipway watch ${found.id}`)}`);
  ui.answer({ stepName: pipelineStepName, executionId: found.id });
}

/** `slipway pause` and `slipway continue`: stops starting tasks, and starts them again. */
export async function hold(
  session: Session,
  named: string,
  verb: 'pause' | 'continue',
  reason?: string,
): Promise<void> {
  const { api, ui } = session;
  const run = await findRun(session, named);
  const input = { applicationId: applicationOf(run), executionId: run.id, reason };
  const { execution } =
    verb === 'pause'
      ? (await api.ask(PauseExecutionDocument, { input })).pauseExecution
      : (await api.ask(ContinueExecutionDocument, { input })).continueExecution;
  ui.say(`${ui.status(execution.status).trimEnd()} ${run.id}`);
  ui.answer({ execution });
}
