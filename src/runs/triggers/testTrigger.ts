import { type Actor, actorRef } from '../../access/actor';
import { requireReadable } from '../../access/visible';
import { applications } from '../../catalog/applications/applications';
import { nextTick } from '../../catalog/language/cron';
import { kindOf } from '../../catalog/language/triggerShape';
import { requireMayStart } from '../../catalog/triggers/changeTriggers';
import { type Trigger } from '../../catalog/triggers/triggers';
import { requireTrigger } from '../../catalog/triggers/triggers.queries';
import { decideExecution, decideSchedule, type FiringDecision, type FiringInputs } from '../../engine/firing';
import { topic } from '../../kernel/database/wakeups';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import { isId, newId } from '../../kernel/ids';
import type { App } from '../app';
import { findExecution } from '../execution/executions.store';
import { planExecution, type PlanProblem } from '../views/executionPlan';
import { readEnded } from './endedExecution';
import { startInput } from './fireTriggers';
import { findNewestEnded, insertFiring } from './firings.store';
import type { Firing } from './firings.table';
import { maskPayload } from './maskPayload';
import { newFiring } from './newFiring';
import { decideDelivery } from './receiveDelivery';
import { actAsTrigger } from './triggerActor';

/** A sample event. */
export interface SampleEvent {
  /** JSON of a webhook. */
  readonly payload?: string | null;
  readonly event?: string | null;
  readonly headers?: readonly { readonly name: string; readonly value: string }[] | null;
  /** Execution that ended. Defaults to the newest one that would fire the trigger. */
  readonly executionId?: string | null;
  /** Time of the schedule. Defaults to the next one. */
  readonly at?: Date | null;
}

export interface TestedTrigger {
  readonly starts: boolean;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly inputs: FiringInputs | null;
  /** Everything that would prevent or delay the start. */
  readonly problems: readonly PlanProblem[];
}

/** Effect that a sample event would have. Writes nothing and starts nothing. */
export async function testTrigger(app: App, actor: Actor, id: string, sample: SampleEvent): Promise<TestedTrigger> {
  const trigger = await mayTry(app, actor, id);
  const decision = await decideSample(app, actor, trigger, sample);
  if (decision === null) {
    const reason = 'The payload announces no new image.';
    return { starts: false, reasonCode: 'EVENT_NOT_WANTED', reason, inputs: null, problems: [] };
  }
  if (decision.is !== 'START') {
    return { starts: false, reasonCode: decision.code, reason: decision.reason, inputs: null, problems: [] };
  }
  const { inputs } = decision;
  const acting = await actAsTrigger(app, trigger, trigger.author, newId());
  if (acting === null) {
    const reason = `The author of the trigger, ${trigger.author.name}, is gone.`;
    return { starts: false, reasonCode: 'AUTHOR_GONE', reason, inputs, problems: [] };
  }
  const input = startInput(
    { id: newId(), entityId: trigger.entityId, applicationId: trigger.applicationId },
    trigger,
    inputs,
  );
  try {
    const { problems } = await planExecution(app, acting, input);
    const first = problems.find(({ refuses }) => refuses);
    return {
      starts: first === undefined,
      reasonCode: first?.code ?? null,
      reason: first?.message ?? null,
      inputs,
      problems,
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { starts: false, reasonCode: error.code, reason: error.message, inputs, problems: [] };
  }
}

/** Fires a trigger manually. The caller counts as the author, so nobody gets the permissions of another. */
export async function fireTrigger(app: App, actor: Actor, id: string, sample: SampleEvent): Promise<Firing> {
  const trigger = await mayTry(app, actor, id);
  const decision = await decideSample(app, actor, trigger, sample);
  const payload = sample.payload == null ? null : maskPayload(readPayload(sample.payload), []);
  const firingId = newId();
  const event = {
    kind: 'MANUAL',
    event: sample.event ?? null,
    delivery: null,
    dedupeKey: firingId,
    bodyHash: null,
  } as const;
  const none = { is: 'FILTERED', code: 'EVENT_NOT_WANTED', reason: 'The payload announces no new image.' } as const;
  const made = newFiring(trigger, { ...event, payload, facts: null }, decision ?? none, app.clock.now());
  const firing = { ...made, id: firingId, author: actorRef(actor) };
  await app.database.transaction(async (db) => {
    if (!(await insertFiring(db, firing))) throw new Refusal('CONFLICT', 'The trigger was changed or turned off.');
    db.wake(topic.triggers);
  });
  return firing;
}

async function mayTry(app: App, actor: Actor, id: string): Promise<Trigger> {
  const trigger = await requireTrigger(app.database, actor, id);
  const application = await applications.find(app.database, trigger.applicationId);
  if (application === undefined) throw notFound('trigger', id);
  await requireMayStart(app.database, actor, application, trigger);
  return trigger;
}

async function decideSample(
  app: App,
  actor: Actor,
  trigger: Trigger,
  sample: SampleEvent,
): Promise<FiringDecision | null> {
  const { id, name, definition } = trigger;
  const now = app.clock.now();
  const common = { trigger: { id, name }, time: now };
  const kind = kindOf(definition);
  if (kind === 'schedule' && definition.on.schedule !== null) {
    return decideSchedule(definition, common, sample.at ?? nextTick(definition.on.schedule, now) ?? now);
  }
  if (kind === 'execution') {
    const execution = await findSample(app, trigger, sample.executionId ?? null);
    await requireReadable(app, actor.access, 'Execution', execution);
    return decideExecution(definition, common, await readEnded(app, execution, null));
  }
  const text = sample.payload ?? '{}';
  const headers = Object.fromEntries((sample.headers ?? []).map((one) => [one.name.toLowerCase(), one.value]));
  const event =
    sample.event ?? headers['x-github-event'] ?? headers['x-event-key'] ?? headers['x-gitlab-event'] ?? null;
  const delivered = { event, delivery: null, headers, payload: readPayload(text), text };
  const [first] = await decideDelivery(app, trigger, delivered, now);
  return first?.decision ?? null;
}

async function findSample(app: App, { id, sourceId, definition }: Trigger, executionId: string | null) {
  const statuses = definition.on.execution?.statuses ?? [];
  const newest = executionId ?? (await findNewestEnded(app.database, sourceId, statuses));
  const execution = newest !== null && isId(newest) ? await findExecution(app.database, newest) : undefined;
  if (execution === undefined || execution.entityId !== sourceId) {
    throw notFound('execution that could fire the trigger', executionId ?? id);
  }
  return execution;
}

function readPayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = `payload: it is not valid JSON: ${(error as Error).message}.`;
    throw invalidInput([{ field: 'payload', value: text.slice(0, 100), rule: 'JSON', message }]);
  }
}
