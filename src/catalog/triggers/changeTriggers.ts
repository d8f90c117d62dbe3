import type { Actor } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import type { App } from '../app';
import type { Application } from '../applications/applications';
import { lockApplication } from '../applications/applications.store';
import { applySource } from '../definitions/applyDefinitions';
import { surroundingsOf } from '../definitions/aims';
import { type Configuration, loadConfiguration } from '../definitions/configuration';
import { parseDefinition } from '../language/parseDefinitions';
import { hookOf, isUnsigned } from '../language/triggerShape';
import { nextTick } from '../language/cron';
import { nameTaken, refusingTakenName } from '../nameTaken';
import type { Db, Transaction } from '../../kernel/database/database';
import { topic } from '../../kernel/database/wakeups';
import { invalidInput, notFound } from '../../kernel/errors';
import { newSecret } from '../../kernel/ids';
import { readNameAndDescription } from '../../kernel/naming';
import { newHookSecret } from './hookSecrets';
import { type Trigger, type TriggerHook, triggers } from './triggers';
import { findHookOf, sealedAs, updateHook, writeTriggerRow } from './triggers.store';
import { partsOf, requireStart } from './triggerRights';
import { requireTrigger } from './triggers.queries';

export interface SavedTrigger {
  readonly trigger: Trigger;
  /** Secret that was generated for it; it is shown once. */
  readonly webhookSecret: string | null;
}

/** Creates a trigger from the keys of its document, with the same checks as `applyDefinitions`. */
export function createTrigger(
  app: App,
  actor: Actor,
  applicationId: string,
  name: string,
  keys: object,
): Promise<SavedTrigger> {
  const { name: given = name } = readNameAndDescription({ name });
  const work = app.database.transaction(async (db) => {
    const application = await lockApplication(db, applicationId);
    actor.access.require('READ', 'Application', application);
    await applyKeys(app, db, actor, application, given, keys, 'CREATE');
    const trigger = await reread(db, application, given);
    const hook = hookOf(trigger.definition);
    const generates = hook !== null && hook.secrets.length === 0 && !isUnsigned(hook.sender);
    return { trigger, webhookSecret: generates ? (await rotate(app, db, trigger, { secret: true })).secret : null };
  });
  return refusingTakenName('trigger', given, work);
}

/** Changes a trigger. The caller becomes its author, because this version defines what its executions do. */
export function updateTrigger(
  app: App,
  actor: Actor,
  id: string,
  name: string | null | undefined,
  keysOf: (trigger: Trigger) => object,
): Promise<Trigger> {
  const given = readNameAndDescription({ name });
  const work = app.database.transaction(async (db) => {
    const { trigger, application } = await lockTrigger(db, actor, id);
    const renamed = given.name ?? trigger.name;
    if (renamed !== trigger.name) {
      if (await triggers.findByName(db, application.id, renamed)) throw nameTaken('trigger', renamed);
      await triggers.update(db, id, { name: renamed, updatedAt: app.clock.now() });
    }
    await applyKeys(app, db, actor, application, renamed, keysOf(trigger), 'APPLY');
    return reread(db, application, renamed);
  });
  return refusingTakenName('trigger', given.name ?? '', work);
}

/** Turns a trigger on or off. Its author stays, because the definition stays the same. */
export function setTriggerEnabled(app: App, actor: Actor, id: string, enabled: boolean): Promise<Trigger> {
  return app.database.transaction(async (db) => {
    const { trigger } = await lockTrigger(db, actor, id);
    if (trigger.enabled === enabled) return trigger;
    const now = app.clock.now();
    const { schedule } = trigger.definition.on;
    const after: Trigger = {
      ...trigger,
      ...{ enabled, definition: { ...trigger.definition, enabled }, version: trigger.version + 1, updatedAt: now },
      nextAt: enabled && schedule !== null ? nextTick(schedule, now) : null,
    };
    await writeTriggerRow(db, trigger, after);
    return after;
  });
}

export function deleteTrigger(app: App, actor: Actor, id: string, applicationId?: string): Promise<void> {
  return app.database.transaction(async (db) => {
    const { trigger } = await lockTrigger(db, actor, id);
    if (applicationId !== undefined && trigger.applicationId !== applicationId) throw notFound('trigger', id);
    await triggers.delete(db, id, app.clock.now());
  });
}

/** A new address or secret of a trigger's webhook. */
export function rotateTriggerHook(
  app: App,
  actor: Actor,
  id: string,
  what: { readonly path: boolean; readonly secret: boolean },
): Promise<{ readonly trigger: Trigger; readonly webhookSecret: string | null }> {
  return app.database.transaction(async (db) => {
    const { trigger } = await lockTrigger(db, actor, id);
    const receives = hookOf(trigger.definition);
    const refuse = (field: string, message: string) =>
      invalidInput([{ field, value: null, rule: 'NO_WEBHOOK', message: `${field}: ${message}` }]);
    if (receives === null) throw refuse('triggerId', 'the trigger receives no webhooks.');
    if (what.secret && receives.secrets.length > 0) {
      throw refuse('secret', `the trigger uses secrets of the application: ${receives.secrets.join(', ')}. Set these.`);
    }
    if (what.secret && isUnsigned(receives.sender)) throw refuse('secret', `${receives.sender} signs no deliveries.`);
    const { secret } = await rotate(app, db, trigger, what);
    return { trigger, webhookSecret: secret };
  });
}

async function rotate(
  app: App,
  db: Transaction,
  trigger: Trigger,
  { path = false, secret = false }: { readonly path?: boolean; readonly secret?: boolean },
): Promise<{ readonly secret: string | null }> {
  const hook = await findHookOf(db, trigger.id);
  if (hook === undefined) throw new Error(`the trigger ${trigger.id} has no address`);
  const now = app.clock.now();
  const made = secret ? newHookSecret() : null;
  const version = hook.secretVersion + 1;
  const replaced: Partial<TriggerHook> =
    made === null
      ? {}
      : {
          ...(await app.secretKeys.seal(sealedAs(hook, trigger.applicationId, version), made)),
          ...{ secretVersion: version, previousKeyId: hook.keyId, previousSealed: hook.sealed },
          previousUntil: new Date(now.getTime() + app.config.SLIPWAY_HOOK_SECRET_OVERLAP_HOURS * 3_600_000),
        };
  await updateHook(db, { ...hook, ...replaced, ...(path && { path: newSecret() }), rotatedAt: now });
  db.wake(topic.hooks);
  const { id, name, applicationId } = trigger;
  auditDetail(db, { kind: 'trigger', id, name, applicationId, after: { pathRotated: path, secretRotated: secret } });
  return { secret: made };
}

/** A trigger that the actor may change, while nothing else changes its application. */
export async function lockTrigger(
  db: Transaction,
  actor: Actor,
  id: string,
): Promise<{ readonly trigger: Trigger; readonly application: Application }> {
  const { applicationId } = await requireTrigger(db, actor, id);
  const application = await lockApplication(db, applicationId);
  const trigger = await requireTrigger(db, actor, id);
  await requireMayStart(db, actor, application, trigger);
  return { trigger, application };
}

/** Requires that the actor may start what the trigger starts. */
export async function requireMayStart(db: Db, actor: Actor, application: Application, trigger: Trigger): Promise<void> {
  requireMayStartIn(await loadConfiguration(db, application), actor, trigger);
}

export function requireMayStartIn(configuration: Configuration, { access }: Actor, { definition }: Trigger): void {
  const parts = {
    pipelines: new Map(partsOf(configuration.pipelines)),
    workflows: new Map(partsOf(configuration.workflows)),
  };
  requireStart(access, configuration.application.id, definition, parts, surroundingsOf(configuration));
}

async function applyKeys(
  app: App,
  db: Transaction,
  actor: Actor,
  application: Application,
  name: string,
  keys: object,
  mode: 'APPLY' | 'CREATE',
): Promise<void> {
  const written = { source: JSON.stringify(keys), format: 'JSON' as const };
  const source = parseDefinition(written, { kind: 'Trigger', application: application.name, name });
  await applySource(db, { actor, now: app.clock.now() }, source, { existing: [application], mode });
}

async function reread(db: Db, { id }: Application, name: string): Promise<Trigger> {
  const trigger = await triggers.findByName(db, id, name);
  if (trigger === undefined) throw new Error(`the trigger "${name}" was written, but is not there`);
  return trigger;
}
