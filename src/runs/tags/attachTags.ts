import type { Actor } from '../../access/actor';
import { findExecutionTargets } from '../../access/targets.store';
import { subjectFor } from '../../access/visible';
import { lockApplication, lockPart } from '../../catalog/applications/applications.store';
import { environments } from '../../catalog/environments/environments';
import type { PartRow } from '../../catalog/resourceFields';
import type { PartRows } from '../../catalog/resources.store';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { services } from '../../catalog/services/services';
import type { TagEntityType } from '../../catalog/tags/tags';
import { type TaggedObject, tagErrors, writeTags } from '../../catalog/tags/writeTags';
import { workflows } from '../../catalog/workflows/workflows';
import { lockTrigger } from '../../catalog/triggers/changeTriggers';
import type { Db, Transaction } from '../../kernel/database/database';
import { invalidInput, notFound } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { App } from '../app';
import { runRight } from '../commands/onRun';
import { findExecutions } from '../execution/executions.store';

export interface TagToAttach {
  readonly entityId: string;
  readonly entityType: TagEntityType;
  readonly name: string;
  /** Null and undefined: no value. */
  readonly value?: string | null;
}

/** Tag of an object, with the application that the object belongs to. */
export interface TagLink {
  readonly appId: string;
  readonly entityId: string;
  readonly entityType: TagEntityType;
  readonly name: string;
  readonly value: string;
}

/** Attaches a tag to an object, or replaces its value there. */
export async function attachTag(app: App, actor: Actor, input: TagToAttach): Promise<TagLink> {
  const { entityType, name } = input;
  const value = input.value ?? '';
  const errors = tagErrors(name, value);
  if (errors.length > 0) throw invalidInput(errors);
  return app.database.transaction(async (db) => {
    const object = await objectToTag(db, actor, input);
    await writeTags(db, { actor, now: app.clock.now() }, object, { set: { [name]: value }, remove: [] });
    return { appId: object.applicationId, entityId: object.id, entityType, name, value };
  });
}

/** Detaches a tag. Detaching one that the object does not have changes nothing. */
export async function detachTag(app: App, actor: Actor, input: Omit<TagToAttach, 'value'>): Promise<void> {
  await app.database.transaction(async (db) => {
    const object = await objectToTag(db, actor, input);
    await writeTags(db, { actor, now: app.clock.now() }, object, { set: {}, remove: [input.name] });
  });
}

/** The object, locked, once the actor may change it. */
function objectToTag(
  db: Transaction,
  actor: Actor,
  { entityId, entityType }: Pick<TagToAttach, 'entityId' | 'entityType'>,
): Promise<TaggedObject> {
  const part = async <T extends PartRow>(parts: PartRows<T>): Promise<TaggedObject> => {
    const { part: row } = await lockPart(db, parts, entityId);
    actor.access.require('UPDATE', parts.type, await subjectFor({ database: db }, parts.type, row as never));
    return { entityType, id: row.id, name: row.name, applicationId: row.applicationId };
  };
  switch (entityType) {
    case 'APPLICATION':
      return applicationToTag(db, actor, entityId);
    case 'DEPLOYMENT':
      return executionToTag(db, actor, entityId);
    case 'ENVIRONMENT':
      return part(environments);
    case 'PIPELINE':
      return part(pipelines);
    case 'SERVICE':
      return part(services);
    case 'TRIGGER':
      return triggerToTag(db, actor, entityId);
    case 'WORKFLOW':
      return part(workflows);
  }
}

async function applicationToTag(db: Db, actor: Actor, entityId: string): Promise<TaggedObject> {
  const { id, name } = await lockApplication(db, entityId);
  actor.access.require('UPDATE', 'Application', { id });
  return { entityType: 'APPLICATION', id, name, applicationId: id };
}

async function triggerToTag(db: Transaction, actor: Actor, entityId: string): Promise<TaggedObject> {
  const { id, name, applicationId } = (await lockTrigger(db, actor, entityId)).trigger;
  return { entityType: 'TRIGGER', id, name, applicationId };
}

/** The right to run an execution includes the right to tag it. */
async function executionToTag(db: Db, actor: Actor, entityId: string): Promise<TaggedObject> {
  const [execution] = isId(entityId) ? await findExecutions(db, [entityId]) : [];
  if (execution === undefined) throw notFound('execution', entityId);
  const { id, applicationId } = execution;
  const environments = (await findExecutionTargets(db, [id])).get(id) ?? [];
  actor.access.require(runRight(execution), 'Execution', { ...execution, environments });
  return { entityType: 'DEPLOYMENT', id, name: id, applicationId };
}
