import { type Concurrency, groupName, namesEnvironment } from '../catalog/language/concurrency';
import { Refusal } from '../kernel/errors';
import { waitForApproval } from './askAgain';
import type { Beginning, Delay, Hindrance, SlotNeed } from './beginning';
import { deploys } from './deployments';
import { type Execution, isHeldBack, isRunHeldBack, type StageExecution } from './execution';
import { waitForFreeze } from './freezes';
import { holdBack, moveStage } from './moves';
import type { RunSlice } from './runSlice';
import { elementGroupKey, runGroupKey, takeSlots } from './slots';

/**
 * Everything that may keep an element from beginning, in this order: slots come last, so that whatever waits for
 * something else holds none. A check may assume that nothing hinders it (`run.begins`), if `move_slots` fails otherwise.
 */
const checks: readonly ((run: RunSlice, beginning: Beginning) => Hindrance | null)[] = [
  waitForFreeze,
  waitForApproval,
  takeSlots,
];

export function hindranceOf(run: RunSlice, beginning: Beginning): Hindrance | null {
  for (const check of checks) {
    const hindrance = check(run, beginning);
    if (hindrance !== null) return hindrance;
  }
  return null;
}

/**
 * True if an element of a stage may begin. Otherwise it waits, or ends. Asked again when what hinders it may have
 * changed.
 */
export function elementMayBegin(run: RunSlice, execution: Execution, stage: StageExecution): boolean {
  const { id: holderId, executionId, workflowId, workflowRevisionId: revisionId } = stage;
  if (workflowId === null || revisionId === null) throw new Error(`stage ${holderId} has no workflow`);
  const { runId, applicationId } = execution;
  const holder = { holderId, runId, executionId, stageExecutionId: holderId, operationId: null };
  const beginning = beginningOf(run, { ...stage, applicationId }, { holder, workflowId, revisionId });
  if (beginning === null) return true;
  const hindrance = hindranceOf(run, beginning);
  const now = run.element(execution.id, stage.id);
  if (hindrance === null) {
    run.setStage(now, { ...now, hasPlace: true });
    if (isHeldBack(now)) moveStage(run, now, 'QUEUED');
    return true;
  }
  const { code, text } = hindrance;
  const reason = { code, text };
  if (hindrance.is === 'WAIT') {
    run.setStage(now, { ...now, hasPlace: true });
    wait(run, beginning, hindrance, !isHeldBack(now) || now.reason !== text);
    moveStage(run, now, 'WAITING', { reason });
  } else if (hindrance.is === 'SUPERSEDED') moveStage(run, now, 'ABORTED', { reason });
  else {
    refuseBegun(run, execution, hindrance);
    moveStage(run, now, 'FAILED', { reason });
  }
  return false;
}

/** Null if a standalone workflow may begin. Otherwise it waits, or its start is refused. */
export function hindranceOfWorkflow(run: RunSlice, id: string): Hindrance | null {
  const execution = run.execution(id);
  const { runId, entityId, revisionId } = execution;
  const holder = { holderId: id, runId, executionId: id, stageExecutionId: null, operationId: null };
  const beginning = beginningOf(run, execution, { holder, workflowId: entityId, revisionId });
  return beginning === null ? null : askForExecution(run, execution, beginning);
}

/** The same for a run of a pipeline, which holds the slot of its pipeline to its end. */
export function hindranceOfRun(run: RunSlice, id: string): Hindrance | null {
  const execution = run.execution(id);
  const { applicationId, entityId, variables, hasPlace } = execution;
  const { concurrency } = run.fact('pipeline', execution.revisionId);
  if (concurrency === null || (hasPlace && !isRunHeldBack(execution))) return null;
  const { group, limit, policy } = concurrency;
  const name = group && groupName(group, variables);
  const need: SlotNeed = {
    key: name === null ? `pipeline ${entityId}` : runGroupKey(applicationId, name),
    ...{ limit, policy, name: name === null ? 'its pipeline' : `concurrency group "${name}"` },
  };
  const holder = { holderId: id, runId: id, executionId: id, stageExecutionId: null, operationId: null };
  const nothing = { applicationId, environmentId: null, serviceIds: [] };
  return askForExecution(run, execution, { holder, ...nothing, groups: [need] });
}

function askForExecution(run: RunSlice, { id }: Execution, beginning: Beginning): Hindrance | null {
  const hindrance = hindranceOf(run, beginning);
  const execution = run.execution(id);
  if (hindrance === null) {
    run.setExecution({ ...execution, hasPlace: true });
  } else if (hindrance.is === 'WAIT') {
    const { code, text } = hindrance;
    run.setExecution({ ...execution, hasPlace: true });
    const waits = execution.status === 'WAITING';
    const isNew = !waits || run.fact('delay', id) !== text;
    if (!waits) holdBack(run, id, { code, text });
    wait(run, beginning, hindrance, isNew);
  } else if (hindrance.is === 'REFUSED') refuseBegun(run, execution, hindrance);
  return hindrance;
}

interface BegunWorkflow extends Pick<Beginning, 'holder'> {
  readonly workflowId: string;
  readonly revisionId: string;
}

/** What a workflow needs to begin; null if it needs nothing. */
function beginningOf(
  run: RunSlice,
  of: Pick<Execution, 'applicationId' | 'environmentId' | 'images' | 'variables'>,
  { holder, workflowId, revisionId }: BegunWorkflow,
): Beginning | null {
  const { applicationId, environmentId, images } = of;
  const { concurrency } = run.fact('workflow', revisionId);
  if (concurrency === null && !deploys(of)) return null;
  return {
    ...{ holder, applicationId, environmentId: deploys(of) ? environmentId : null, serviceIds: Object.keys(images) },
    groups: concurrency === null ? [] : [groupOf(run, of, workflowId, concurrency)],
  };
}

function groupOf(
  run: RunSlice,
  { applicationId, environmentId, variables }: Pick<Execution, 'applicationId' | 'environmentId' | 'variables'>,
  workflowId: string,
  { group, limit, policy }: Concurrency,
): SlotNeed {
  if (group === null) return { key: `workflow ${workflowId}`, limit, policy, name: 'its workflow' };
  const environment =
    environmentId !== null && namesEnvironment(group) ? run.fact('environment', environmentId)?.name : undefined;
  const name = groupName(group, { ...(environment !== undefined && { environment }), ...variables });
  return { key: elementGroupKey(applicationId, name), limit, policy, name: `concurrency group "${name}"` };
}

/** A restore deploys, too. It waits for nothing: if something hinders it, it is refused. */
export function takeForRestore(
  run: RunSlice,
  { id, runId, applicationId }: Execution,
  operationId: string,
  environmentIds: readonly string[],
): void {
  const holder = { holderId: operationId, runId, executionId: id, stageExecutionId: null, operationId };
  for (const environmentId of environmentIds) {
    const hindrance = hindranceOf(run, { holder, applicationId, environmentId, serviceIds: [], groups: [] });
    if (hindrance === null) continue;
    const code = hindrance.is === 'REFUSED' ? hindrance.code : 'CONCURRENCY_LIMIT';
    run.refusal ??= new Refusal(code, `The restore ${hindrance.text}, and can't wait.`);
  }
}

/** Records that it waits, and why; with an event if the reason is new. */
function wait(
  run: RunSlice,
  { holder }: Beginning,
  { code, text, until, needs, blocker }: Delay,
  isNew: boolean,
): void {
  const { waiting } = run.changes.slots;
  const asked = waiting.findIndex(({ holderId }) => holderId === holder.holderId);
  const before = asked < 0 ? undefined : waiting.splice(asked, 1)[0];
  waiting.push({ ...holder, code, text, until, needs, blocker });
  // A decision that begins it twice records the wait once.
  if (!isNew || before?.text === text) return;
  const { runId, executionId, stageExecutionId } = holder;
  run.event({ runId, executionId }, 'BEGIN_DELAYED', {
    ...{ stageExecutionId, reasonCode: code, reason: text, until: until?.toISOString() ?? null },
    group: blocker?.name ?? null,
    holderExecutionId: blocker?.holder?.executionId ?? null,
    position: blocker?.position ?? null,
  });
}

const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

/** What begins as part of a command is refused together with the command. */
function refuseBegun(
  run: RunSlice,
  { runId }: Execution,
  { code, text, details }: Pick<Hindrance & { readonly is: 'REFUSED' }, 'code' | 'text' | 'details'>,
): void {
  const { attempts, executions } = run.changes;
  const begun = executions.get(runId)?.before === null || attempts.some(({ executionId }) => executionId === runId);
  if (begun) run.refusal ??= new Refusal(code, sentence(text), details);
}
