import { exit, Failure, usage } from './failure';
import { applicationOf, findRun } from './runs';
import type { Session } from './session';

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
