import {
  ContinueExecutionDocument,
  DecideApprovalDocument,
  GiveRuntimeInputsDocument,
  InboxDocument,
  PauseExecutionDocument,
  ReassignApprovalDocument,
  WaitingApprovalsDocument,
} from '../client/generated';
import { exit, Failure, usage } from './failure';
import { fillForm, formFields } from './form';
import { warnOfReplaced } from './replaced';
import { asking, changeLine, heed } from './run';
import { applicationOf, findRun, type SeenOptions, seenVersion } from './runs';
import type { Session } from './session';
import { indented, readRun } from './showRun';
import { variableInput } from './start';
import { moment } from './ui';

export interface DecideOptions extends SeenOptions {
  readonly step?: string;
  readonly comments?: string;
  readonly input?: readonly string[];
}

/**
 * `slipway approve` and `slipway reject`: decides the only approval that the run waits for, or the one that `--step`
 * names.
 */
export async function decide(
  session: Session,
  named: string,
  action: 'APPROVE' | 'REJECT',
  { step, comments, input: pairs = [], ...seen }: DecideOptions,
): Promise<void> {
  const { api, ui } = session;
  const { run, target, approval } = await findApproval(session, named, step);
  const { approvalId, stageName, stepName, digest, changedSince } = approval;
  const expectedVersion = seenVersion(run, seen);
  if (approval.message) ui.say(`${stageName} › ${stepName} asks:`, ...indented(approval.message));
  if (changedSince)
    ui.say('Changed since it was approved or requested:', ...indented(changedSince.map(changeLine).join('\n')));
  if (action === 'APPROVE') await warnOfReplaced(session, run.id);
  const inputs = action === 'APPROVE' ? await fillForm(ui, approval.inputs, pairs) : undefined;
  const input = { ...target, action, approvalId, comments, inputs, digest, expectedVersion };
  const { decided, missing } = (await api.change(DecideApprovalDocument, { input })).approveOrRejectApprovals;
  const done =
    action === 'REJECT' ? 'is rejected' : decided ? 'is approved' : `has your approval, and still needs ${missing}`;
  ui.say(`${stageName} › ${stepName} ${done}. ${ui.paint.dim(`slipway watch ${run.id}`)}`);
  ui.answer({ approvalId, stepName, action, decided, missing, executionId: run.id });
}

export interface InboxOptions {
  readonly all?: boolean;
  readonly limit: number;
}

/** `slipway approvals`: lists waiting approvals, newest first; by default those that the caller may decide. */
export async function listApprovals({ api, ui }: Session, { all = false, limit }: InboxOptions): Promise<void> {
  const { nodes } = (await api.ask(InboxDocument, { mine: !all, first: limit })).approvals;
  ui.answer(nodes);
  if (ui.json) return;
  if (nodes.length === 0)
    return ui.say(all ? 'No approval is waiting.' : 'No approval waits for you. --all shows those of others.');
  ui.table(
    ['RUN', 'WHAT', 'STEP', 'NEEDS', 'UNTIL', 'FORM', ''],
    nodes.map(({ execution, stageName, stepName, message, missing, willExpireAt, inputs, ...approval }) => [
      execution.id,
      [execution.application?.name, execution.pipeline?.name].filter(Boolean).join('/'),
      `${stageName} › ${stepName}`,
      missing ?? '',
      moment(willExpireAt),
      formFields(inputs),
      ui.paint.dim([message?.split('\n', 1)[0] ?? '', heed(approval)].filter(Boolean).join('; ')),
    ]),
  );
  ui.say('', ui.paint.dim('To decide: slipway approve RUN, or slipway reject RUN'));
}

export interface ReassignOptions extends SeenOptions {
  readonly step?: string;
  readonly reason?: string;
}

/** `slipway reassign`: assigns other groups to a waiting approval. */
export async function reassign(
  session: Session,
  named: string,
  approvers: string[],
  { step, reason, ...seen }: ReassignOptions,
): Promise<void> {
  const { api, ui } = session;
  const { run, target, approval } = await findApproval(session, named, step);
  const { approvalId, stageName, stepName } = approval;
  const expectedVersion = seenVersion(run, seen);
  await api.change(ReassignApprovalDocument, { input: { ...target, approvalId, approvers, reason, expectedVersion } });
  ui.say(`${stageName} › ${stepName} asks ${approvers.join(', ')}.`);
  ui.answer({ approvalId, stepName, approvers, executionId: run.id });
}

/** The only approval that the run waits for, or the one that `--step` names. */
async function findApproval(session: Session, named: string, step: string | undefined) {
  const run = await findRun(session, named);
  const target = { applicationId: applicationOf(run), executionId: run.id };
  const waiting = (await session.api.ask(WaitingApprovalsDocument, target)).approvalDetails.approvalDetails;
  const [approval, another] = waiting.filter(
    ({ stepName, taskName }) => step === undefined || stepName === step || taskName === step,
  );
  if (approval === undefined) {
    const others =
      waiting.length > 0
        ? [`The run waits for: ${waiting.map(({ stepName, taskName }) => taskName ?? stepName).join(', ')}.`]
        : [];
    throw new Failure(exit.refused, 'NOT_WAITING', 'The run is not waiting for this approval.', {}, others);
  }
  if (another !== undefined) {
    throw usage(
      'The run waits for several approvals.',
      ...waiting.map(({ stepName, taskName }) => `--step "${taskName ?? stepName}"`),
    );
  }
  return { run, target, approval };
}

export interface AnswerOptions extends SeenOptions {
  readonly step?: string;
  readonly var?: readonly string[];
}

/**
 * `slipway answer`: provides the inputs that a stage element waits for; inputs that are not given get their defaults.
 */
export async function answer(
  session: Session,
  named: string,
  { step, var: pairs, ...seen }: AnswerOptions,
): Promise<void> {
  const { api, ui } = session;
  const variableInputs = pairs?.map(variableInput);
  const found = await findRun(session, named);
  const run = await readRun(api, found.id);
  const all = asking(run);
  const [stage, another] = all.filter(({ pipelineStepName }) => step === undefined || pipelineStepName === step);
  const steps = all.map(({ pipelineStepName }) => `--step "${pipelineStepName}"`);
  if (stage === undefined)
    throw new Failure(exit.refused, 'NOT_WAITING', 'The run is not waiting for these inputs.', {}, steps);
  if (another !== undefined) throw usage('Several stage elements wait for inputs.', ...steps);
  const { pipelineStageElementId, pipelineStageName, pipelineStepName } = stage;
  const input = {
    applicationId: applicationOf(found),
    pipelineExecutionId: found.id,
    pipelineStageElementId,
    variableInputs,
    expectedVersion: seenVersion(run, seen),
  };
  await warnOfReplaced(session, found.id);
  await api.change(GiveRuntimeInputsDocument, { input });
  ui.say(`${pipelineStageName} › ${pipelineStepName} continues. ${ui.paint.dim(`slipway watch ${found.id}`)}`);
  ui.answer({ stepName: pipelineStepName, executionId: found.id });
}

export interface HoldOptions extends SeenOptions {
  readonly reason?: string;
}

/** `slipway pause` and `slipway continue`: stops starting tasks, and starts them again. */
export async function hold(
  session: Session,
  named: string,
  verb: 'pause' | 'continue',
  { reason, ...seen }: HoldOptions,
): Promise<void> {
  const { api, ui } = session;
  const run = await findRun(session, named);
  const expectedVersion = seenVersion(run, seen);
  if (verb === 'continue') await warnOfReplaced(session, run.id);
  const input = { applicationId: applicationOf(run), executionId: run.id, reason, expectedVersion };
  const { execution } =
    verb === 'pause'
      ? (await api.change(PauseExecutionDocument, { input })).pauseExecution
      : (await api.change(ContinueExecutionDocument, { input })).continueExecution;
  ui.say(`${ui.status(execution.status).trimEnd()} ${run.id}`);
  ui.answer({ execution });
}
