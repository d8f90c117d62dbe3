import { actorRef } from '../../access/actor';
import { canonicalJson } from '../../kernel/canonicalJson';
import { invalidInput } from '../../kernel/errors';
import { nextTick } from '../language/cron';
import type { TriggerDocument } from '../language/documentShapes';
import type { TriggerDefinition, TriggerTarget } from '../language/triggerShape';
import type { Author } from '../definitions/revise';
import { newRow } from '../definitions/revise';
import type { Trigger } from './triggers';

/** IDs of pipelines and workflows, by name. */
export interface Startables {
  readonly pipelines: ReadonlyMap<string, string>;
  readonly workflows: ReadonlyMap<string, string>;
}

/** The row that a document makes of a trigger; `before` itself if nothing changes. */
export function planTriggerRow(
  { name, definition: written }: Pick<TriggerDocument, 'name' | 'definition'>,
  before: Trigger | undefined,
  applicationId: string,
  startables: Startables,
  author: Author,
): Trigger {
  const definition = canonicalTrigger(written);
  const { start, on, enabled, description } = definition;
  if (before !== undefined && canonicalJson(before.definition) === canonicalJson(definition)) return before;
  requireLastingAuthor(name, author);
  const entityId = idOf(start, startables);
  const sourceId = on.execution === null ? null : idOf(on.execution, startables);
  return {
    ...(before ?? { ...newRow(name, author), applicationId }),
    ...{ name, description, enabled, definition, entityId, sourceId },
    sourceStatuses: on.execution?.statuses ?? null,
    version: (before?.version ?? 0) + 1,
    author: actorRef(author.actor),
    nextAt: nextOf(definition, before, author.now),
    updatedAt: author.now,
  };
}

/** The rights of a trigger end with its author, so a key that a CI job has for an hour would make one that stops. */
function requireLastingAuthor(name: string, { actor }: Author): void {
  if (actor.access.principal?.trustRuleId == null) return;
  const message = `The trigger "${name}" would stop when the key of this CI job expires. Apply it with a user or an API key of its own.`;
  throw invalidInput([{ field: 'name', value: name, rule: 'SHORT_LIVED_AUTHOR', message }]);
}

/** An unchanged schedule keeps its next time, so that a change at the wrong moment skips no tick. */
function nextOf({ enabled, on }: TriggerDefinition, before: Trigger | undefined, now: Date): Date | null {
  if (!enabled || on.schedule === null) return null;
  const known = before?.definition.on.schedule;
  const same = known?.cron === on.schedule.cron && known.timeZone === on.schedule.timeZone;
  return same && before?.nextAt ? before.nextAt : nextTick(on.schedule, now);
}

function idOf({ pipeline, workflow }: TriggerTarget, { pipelines, workflows }: Startables): string {
  const id = pipeline === null ? workflows.get(workflow ?? '') : pipelines.get(pipeline);
  if (id === undefined) throw new Error(`a valid trigger names ${pipeline ?? workflow}, which does not exist`);
  return id;
}

/** Equal for equal meaning: the order of sets does not count. */
export function canonicalTrigger(definition: TriggerDefinition): TriggerDefinition {
  const asSet = <T extends string>(list: readonly T[]): readonly T[] => [...new Set(list)].sort();
  const { on, environments, retry } = definition;
  return {
    ...definition,
    description: definition.description || null,
    environments: environments && asSet(environments),
    retry: retry && { ...retry, on: asSet(retry.on) },
    on: {
      ...on,
      webhook: on.webhook && { ...on.webhook, events: asSet(on.webhook.events) },
      execution: on.execution && { ...on.execution, statuses: asSet(on.execution.statuses) },
    },
  };
}
