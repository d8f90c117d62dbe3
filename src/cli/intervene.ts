import { exit, Failure, usage } from './failure';
import { failuresThatWait, type Part, partsOf, shortName } from './run';
import { applicationOf, findRun } from './runs';
import type { Session } from './session';
import { readRun } from './showRun';

export interface RetryOptions {
  readonly reason?: string;
}

/** `slipway retry`: a further try for a failed task, while its workflow still runs. */
export async function retryTask(
  session: Session,
  named: string,
  task: string,
  { reason }: RetryOptions,
): Promise<void> {
  const { api, ui } = session;
  const found = await findRun(session, named);
  const parts = partsOf(await readRun(api, found.id)).filter(({ taskId }) => taskId !== null);
  const failed = parts.filter(({ status }) => status === 'FAILED');
  // One that has not failed is refused by the server, which says what it is instead.
  const part = pick(failed.some((one) => isNamed(one, task)) ? failed : parts, task);
  const { done } = await api.ask<{ done: { taskExecution: { id: string; status: string } } }>(
    'mutation ($input: RetryTaskInput!) { done: retryTask(input: $input) { taskExecution { id name status } } }',
    { input: { applicationId: applicationOf(found), taskExecutionId: part.taskId, reason } },
  );
  ui.say(`${part.label} is tried again. ${ui.paint.dim(`slipway watch ${found.id}`)}`);
  ui.answer(done);
}

export interface InterveneOptions extends RetryOptions {
  readonly at?: string;
}

const interventions = ['RETRY', 'IGNORE', 'MARK_AS_SUCCESS', 'FAIL', 'ABORT'];

/** `slipway intervene`: decides about the one failure that waits for a person, or the one that `--at` names. */
export async function intervene(
  session: Session,
  named: string,
  verb: string,
  { at, reason }: InterveneOptions,
): Promise<void> {
  const { api, ui } = session;
  const action = verb.toUpperCase().replaceAll('-', '_');
  if (!interventions.includes(action)) throw usage(`"${verb}" is none of ${interventions.join(', ').toLowerCase()}.`);
  const found = await findRun(session, named);
  const waiting = failuresThatWait(await readRun(api, found.id));
  const [part, another] = waiting.filter((one) => at === undefined || isNamed(one, at));
  const names = waiting.map((one) => `--at "${shortName(one, waiting)}"`);
  if (part === undefined)
    throw new Failure(exit.refused, 'NOT_WAITING', 'No such failure waits for a decision.', {}, names);
  if (another !== undefined) throw usage('Several failures wait for a decision.', ...names);
  const input = {
    applicationId: applicationOf(found),
    executionId: found.id,
    taskExecutionId: part.taskId ?? undefined,
    pipelineStageElementId: part.elementId ?? undefined,
    action,
    reason,
  };
  await api.ask(
    'mutation ($input: InterveneExecutionInput!) { interveneExecution(input: $input) { execution { id } } }',
    { input },
  );
  const name = shortName(part, waiting);
  ui.say(`${name}: ${action}. ${ui.paint.dim(`slipway watch ${found.id}`)}`);
  ui.answer({ name, action, executionId: found.id });
}

const isNamed = ({ name, label, taskId, elementId }: Part, given: string): boolean =>
  [name, label, taskId, elementId].includes(given);

/** The one part that has this name, STEP/NAME or id. */
function pick(parts: readonly Part[], given: string): Part {
  const [part, another] = parts.filter((one) => isNamed(one, given));
  const labels = parts.slice(0, 50).map(({ label, taskId }) => `${label} (${taskId})`);
  if (part === undefined) throw new Failure(exit.refused, 'NOT_FOUND', 'The run has no such task.', {}, labels);
  if (another !== undefined) throw usage(`Several are named "${given}": give STEP/NAME, or an id.`, ...labels);
  return part;
}
