import { InterveneExecutionDocument, type InterventionAction, RetryTaskDocument } from '../client/generated';
import { exit, Failure, usage } from './failure';
import { overrideOf, type UnfreezingOptions } from './freezes';
import { failuresThatWait, type Part, partsOf, shortName } from './run';
import { applicationOf, findRun, type SeenOptions, seenVersion } from './runs';
import type { Session } from './session';
import { readRun } from './showRun';

export interface RetryOptions extends SeenOptions, UnfreezingOptions {
  readonly reason?: string;
  readonly overrule?: boolean;
}

/** `slipway retry`: gives a failed task another try while its workflow still runs. */
export async function retryTask(
  session: Session,
  named: string,
  task: string,
  { reason, overrule, ...options }: RetryOptions,
): Promise<void> {
  const { api, ui } = session;
  const found = await findRun(session, named);
  const parts = partsOf(await readRun(api, found.id)).flatMap((part) =>
    part.taskId === null ? [] : [{ ...part, taskId: part.taskId }],
  );
  const failed = parts.filter(({ status }) => status === 'FAILED');
  // The server refuses a task that has not failed, and names its status.
  const part = pick(failed.some((one) => isNamed(one, task)) ? failed : parts, task);
  const input = {
    applicationId: applicationOf(found),
    taskExecutionId: part.taskId,
    reason,
    overrule,
    overrideFreeze: overrideOf(options),
    expectedVersion: seenVersion(part, options),
  };
  const { retryTask: done } = await api.change(RetryTaskDocument, { input });
  ui.say(`${part.label} is retried. ${ui.paint.dim(`slipway watch ${found.id}`)}`);
  ui.answer(done);
}

export interface InterveneOptions extends RetryOptions {
  readonly at?: string;
}

const interventions: readonly InterventionAction[] = ['RETRY', 'IGNORE', 'MARK_AS_SUCCESS', 'FAIL', 'ABORT'];

/** `slipway intervene`: decides the only failure that waits for a person, or the one that `--at` names. */
export async function intervene(
  session: Session,
  named: string,
  verb: string,
  { at, reason, overrule, ...options }: InterveneOptions,
): Promise<void> {
  const { api, ui } = session;
  const action = interventions.find((one) => one === verb.toUpperCase().replaceAll('-', '_'));
  if (action === undefined) {
    const all = interventions.join(', ').toLowerCase().replaceAll('_', '-');
    throw usage(`"${verb}" is not a valid action; expected one of ${all}.`);
  }
  const found = await findRun(session, named);
  const run = await readRun(api, found.id);
  const waiting = failuresThatWait(run);
  const [part, another] = waiting.filter((one) => at === undefined || isNamed(one, at));
  const names = waiting.map((one) => `--at "${shortName(one, waiting)}"`);
  if (part === undefined)
    throw new Failure(exit.refused, 'NOT_WAITING', 'No such failure is waiting for a decision.', {}, names);
  if (another !== undefined) throw usage('Several failures wait for a decision.', ...names);
  const input = {
    applicationId: applicationOf(found),
    executionId: found.id,
    taskExecutionId: part.taskId,
    pipelineStageElementId: part.elementId,
    action,
    reason,
    overrule,
    overrideFreeze: overrideOf(options),
    expectedVersion: seenVersion(run, options),
  };
  await api.change(InterveneExecutionDocument, { input });
  const name = shortName(part, waiting);
  ui.say(`${name}: ${action}. ${ui.paint.dim(`slipway watch ${found.id}`)}`);
  ui.answer({ name, action, executionId: found.id });
}

const isNamed = ({ name, label, taskId, elementId }: Part, given: string): boolean =>
  [name, label, taskId, elementId].includes(given);

/** The only part with this name, STEP/NAME or id. */
function pick<Of extends Part>(parts: readonly Of[], given: string): Of {
  const [part, another] = parts.filter((one) => isNamed(one, given));
  const labels = parts.slice(0, 50).map(({ label, taskId }) => `${label} (${taskId})`);
  if (part === undefined) throw new Failure(exit.refused, 'NOT_FOUND', `The run has no task "${given}".`, {}, labels);
  if (another !== undefined) throw usage(`Several tasks have the name "${given}": use STEP/NAME or an id.`, ...labels);
  return part;
}
