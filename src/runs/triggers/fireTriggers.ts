import { randomUUID } from 'node:crypto';
import type { Actor } from '../../access/actor';
import { audited } from '../../access/audit/audited';
import { requireReadable } from '../../access/visible';
import { retriedCodes } from '../../catalog/language/triggerShape';
import { type Trigger, triggers } from '../../catalog/triggers/triggers';
import { findVersion } from '../../catalog/triggers/triggers.store';
import { decideExecution, type FiringCode, type FiringInputs } from '../../engine/firing';
import { isOutage } from '../../kernel/database/outage';
import { Refusal, refusalCodes } from '../../kernel/errors';
import type { App } from '../app';
import { startExecution } from '../commands/startExecution';
import { findExecution } from '../execution/executions.store';
import type { StartExecution } from '../execution/planStart';
import { readEnded } from './endedExecution';
import { noteFired } from './noteFired';
import { endFiring, findFiring, postponeFiring, takeDueFirings } from './firings.store';
import type { Firing } from './firings.table';
import { tellDockerHub } from './tellDockerHub';
import { tickSchedules } from './tickSchedules';
import { actAsTrigger } from './triggerActor';

const BATCH = 20;
/** Time after which another server carries out what this one has taken. */
const LEASE_MS = 60_000;
const MAX_FAULTS = 5;
const FAULT_DELAY_MS = 10_000;
/** Longest chain of triggers that fire each other. */
const MAX_CHAIN = 20;

/** Fires the schedules that are due, and starts the executions of firings. Every server may do it at any time. */
export async function fireTriggers(app: App): Promise<void> {
  while (await tickSchedules(app));
  for (;;) {
    const now = app.clock.now();
    const taken = await takeDueFirings(app.database, now, new Date(now.getTime() + LEASE_MS), BATCH);
    for (const firing of taken) await carryOut(app, firing);
    if (taken.length < BATCH) return;
  }
}

/** Carries out one firing. A kill at any moment repeats it: its start has an idempotency key. */
async function carryOut(app: App, firing: Firing): Promise<void> {
  try {
    await start(app, firing);
  } catch (error) {
    if (isOutage(error)) throw error;
    if (error instanceof Refusal) return refused(app, firing, error);
    const errorId = randomUUID();
    app.log.error(
      { err: error, firingId: firing.id, triggerId: firing.triggerId, errorId },
      'a trigger could not fire',
    );
    const reason = `Unexpected error in the server; its log has the details under the id ${errorId}.`;
    if (firing.tries >= MAX_FAULTS) return end(app, firing, 'FAILED', 'INTERNAL', reason);
    const nextAt = new Date(app.clock.now().getTime() + FAULT_DELAY_MS * firing.tries);
    await postponeFiring(app.database, firing.id, { nextAt, reasonCode: 'INTERNAL', reason });
  }
}

async function start(app: App, firing: Firing): Promise<void> {
  const trigger = await triggerOf(app, firing);
  if (trigger === undefined || !trigger.enabled) {
    return end(app, firing, 'SKIPPED', 'SWITCHED_OFF', 'The trigger was turned off or deleted after the event.');
  }
  const actor = await actAsTrigger(app, trigger, firing.author, firing.id);
  if (actor === null) {
    const reason = `The author of the trigger, ${firing.author.name}, was deleted, or its key was revoked or has expired. Save the trigger again to become its author.`;
    return end(app, firing, 'REFUSED', 'AUTHOR_GONE', reason);
  }
  const chain = firing.kind === 'EXECUTION' ? await chainOf(app, firing) : [];
  if (chain.includes(trigger.id) || chain.length >= MAX_CHAIN) {
    const reason = chain.includes(trigger.id)
      ? 'The execution that ended was caused by this trigger, directly or through others. It does not fire again for it.'
      : `More than ${MAX_CHAIN} triggers have fired one after another.`;
    return end(app, firing, 'SKIPPED', 'TRIGGER_CYCLE', reason, { chain });
  }
  const inputs = firing.inputs ?? (await decideEnded(app, firing, trigger, actor));
  if (inputs === null) return;
  const input = startInput(firing, trigger, inputs);
  const attempt = {
    ...{ actor, address: null, requestId: null, action: 'trigger.fire' },
    input: { triggerId: trigger.id, firingId: firing.id, authorId: firing.author.id, authorName: firing.author.name },
  };
  const { id: executionId } = await audited(app, attempt, () => startExecution(app, actor, input));
  const outcome = { status: 'STARTED', reasonCode: null, reason: null, executionId, inputs, chain } as const;
  if (await endFiring(app.database, firing.id, outcome, app.clock.now())) noteFired(app, { ...firing, ...outcome });
  app.log.info({ triggerId: trigger.id, firingId: firing.id, executionId }, 'trigger fired');
  void tellDockerHub(app, firing, 'success', executionId);
}

/** A firing never starts with the rights of its author what another author has written, or another target. */
async function triggerOf(app: App, { triggerId, version, author, entityId }: Firing): Promise<Trigger | undefined> {
  const trigger = await triggers.find(app.database, triggerId);
  if (trigger === undefined || trigger.version === version) return trigger;
  if (trigger.author.id === author.id && trigger.entityId === entityId) return trigger;
  const used = await findVersion(app.database, triggerId, version);
  return used && { ...trigger, definition: used.definition };
}

export function startInput(
  firing: Pick<Firing, 'id' | 'entityId' | 'applicationId'>,
  { definition, name }: Trigger,
  { variables, images, notes }: FiringInputs,
): StartExecution {
  const { id, entityId, applicationId } = firing;
  return {
    ...{ applicationId, entityId, idempotencyKey: `trigger firing ${id}` },
    executionType: definition.start.pipeline === null ? 'WORKFLOW' : 'PIPELINE',
    variableInputs: Object.entries(variables).map(([variable, value]) => ({
      name: variable,
      variableValue: { type: 'NAME' as const, value },
    })),
    serviceInputs: Object.entries(images).map(([service, image]) => ({ name: service, image })),
    notes: notes ?? `Started by the trigger "${name}".`,
  };
}

/** Triggers that led to the execution that ended. */
async function chainOf(app: App, firing: Firing): Promise<readonly string[]> {
  const ended = await findExecution(app.database, firing.facts?.executionId ?? '');
  const cause = ended?.cause;
  if (cause?.kind !== 'TRIGGER' || cause.firingId === undefined) return [];
  const parent = await findFiring(app.database, cause.firingId);
  return [...(parent?.chain ?? []), cause.id];
}

/** Inputs for the end of another execution; null if nothing starts, which is recorded. */
async function decideEnded(app: App, firing: Firing, trigger: Trigger, actor: Actor): Promise<FiringInputs | null> {
  const execution = await findExecution(app.database, firing.facts?.executionId ?? '');
  if (execution === undefined) throw new Error(`the firing ${firing.id} names no execution`);
  // Its values become inputs, so the author has to see it.
  await requireReadable(app, actor.access, 'Execution', execution);
  const ended = await readEnded(app, execution, firing.facts);
  const { id, name } = trigger;
  const decision = decideExecution(trigger.definition, { trigger: { id, name }, time: firing.createdAt }, ended);
  if (decision.is === 'START') return decision.inputs;
  await end(app, firing, decision.is, decision.code, decision.reason);
  return null;
}

/** A refusal that passes without the help of a person, such as a conflict. A trigger's `retry` decides about the others. */
const isMomentary = ({ code }: Refusal): boolean =>
  refusalCodes[code].retryable && !retriedCodes.some((one) => one === code);

/**
 * Repeats a refused start: a few times after a refusal that passes soon, and for as long as the trigger asks for it.
 * Otherwise records the error.
 */
async function refused(app: App, firing: Firing, error: Refusal): Promise<void> {
  const now = app.clock.now();
  const known = { reasonCode: error.code, reason: error.message };
  if (isMomentary(error) && firing.tries < MAX_FAULTS) {
    const soon = new Date(now.getTime() + FAULT_DELAY_MS * firing.tries);
    return postponeFiring(app.database, firing.id, { nextAt: soon, ...known });
  }
  const retry = (await triggerOf(app, firing))?.definition.retry ?? null;
  const until = firing.createdAt.getTime() + (retry?.forSeconds ?? 0) * 1000;
  const nextAt = new Date(now.getTime() + (retry?.everySeconds ?? 0) * 1000);
  const mayPass = retry !== null && (isMomentary(error) || retry.on.some((code) => code === error.code));
  if (mayPass && nextAt.getTime() <= until) {
    await postponeFiring(app.database, firing.id, { nextAt, ...known });
  } else await end(app, firing, 'REFUSED', error.code, error.message);
}

async function end(
  app: App,
  firing: Firing,
  status: Firing['status'],
  code: FiringCode | Refusal['code'],
  reason: string,
  more: { readonly chain?: readonly string[] } = {},
): Promise<void> {
  const { id, triggerId } = firing;
  const outcome = { status, reasonCode: code, reason, executionId: null, ...more };
  if (await endFiring(app.database, id, outcome, app.clock.now())) noteFired(app, { ...firing, status });
  app.log.info({ triggerId, firingId: id, code }, 'trigger started nothing');
  void tellDockerHub(app, firing, status === 'FILTERED' ? 'success' : 'failure', null);
}
