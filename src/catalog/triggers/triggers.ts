import type { ActorRef } from '../../access/actor';
import { column, references, table, tableOf } from '../../kernel/database/table';
import { field, orNull, type ShapeOf } from '../../kernel/fields';
import { partFields } from '../resourceFields';
import type { TriggerDefinition } from '../language/triggerShape';
import { ResourceRows } from '../resources.store';
import type { Db } from '../../kernel/database/database';

/** Rule that starts a pipeline or workflow automatically. */
export const triggerFields = {
  ...partFields('trigger', 'Time of its last change.'),
  enabled: field.boolean('False if it is turned off: nothing fires it.'),
  version: field.integer('Number of its current version, from 1. Every change creates a version.'),
  /** Canonical form of its document. */
  definition: field.json<TriggerDefinition>(),
  /** Who made the current version: its executions never have more rights than that user or key. */
  author: field.json<ActorRef>(),
  /** Pipeline or workflow that it starts. */
  entityId: field.uuid(),
  /** Pipeline or workflow whose end fires it, and the statuses that do. */
  sourceId: orNull(field.uuid()),
  sourceStatuses: orNull(field.json<readonly string[]>()),
  nextAt: orNull(field.time('Next time of its schedule. Null if it has none, or is turned off.')),
};
export type Trigger = ShapeOf<typeof triggerFields>;

class TriggerRows extends ResourceRows<Trigger> {
  /** TRIGGER is an SQL keyword, so the table has another name. */
  protected override readonly kind = 'trigger';

  findByName(db: Db, applicationId: string, name: string): Promise<Trigger | undefined> {
    return this.findWhere(db, 'row.application_id = $1 AND row.name = $2', [applicationId, name]);
  }

  ofApplications(db: Db, applicationIds: readonly string[]): Promise<Trigger[]> {
    return this.findAll(db, 'row.application_id = ANY ($1::uuid[])', [applicationIds]);
  }

  override async delete(db: Db, id: string, now: Date): Promise<void> {
    await this.update(db, id, { nextAt: null });
    await super.delete(db, id, now);
  }

  async deleteOfApplication(db: Db, applicationId: string, now: Date): Promise<void> {
    for (const { id } of await this.ofApplications(db, [applicationId])) await this.delete(db, id, now);
  }
}

export const triggers = new TriggerRows(
  tableOf('start_trigger', triggerFields, {
    foreignKeys: [references('application', 'applicationId')],
    indices: [
      { name: 'start_trigger_name', columns: ['applicationId', 'name'], unique: true, where: 'deleted_at IS NULL' },
      { name: 'start_trigger_next', columns: ['nextAt'], where: 'next_at IS NOT NULL' },
      { name: 'start_trigger_source', columns: ['sourceId'], where: 'source_id IS NOT NULL AND deleted_at IS NULL' },
    ],
    checks: [{ name: 'start_trigger_next_enabled', expression: 'next_at IS NULL OR (enabled AND deleted_at IS NULL)' }],
  }),
  'triggers',
);

export const triggerVersionFields = {
  number: field.integer('Number, from 1.'),
  /** Canonical form of its document. */
  definition: field.json<TriggerDefinition>(),
  contentHash: field.text('SHA-256 of its definition in canonical form.'),
  author: field.json<ActorRef>(),
  createdAt: field.time('Time of the change.'),
};
export type TriggerVersion = ShapeOf<typeof triggerVersionFields> & { readonly triggerId: string };

/** Append-only history of triggers. */
export const triggerVersionTable = table<TriggerVersion>('start_trigger_version', {
  columns: {
    triggerId: { ...column.uuid, primary: true },
    number: { ...column.integer, primary: true },
    definition: column.json,
    contentHash: column.text,
    author: column.json,
    createdAt: column.time,
  },
  foreignKeys: [references('start_trigger', 'triggerId')],
});

/** Address at which a trigger receives webhooks. */
export interface TriggerHook {
  readonly triggerId: string;
  /** Last part of the path: 32 random bytes. */
  readonly path: string;
  /** Secret that Slipway generated, encrypted; and the one before it, which is accepted until a time. */
  readonly keyId: string | null;
  readonly sealed: Buffer | null;
  readonly secretVersion: number;
  readonly previousKeyId: string | null;
  readonly previousSealed: Buffer | null;
  readonly previousUntil: Date | null;
  /** Deliveries that were refused because of their signature. */
  readonly rejected: number;
  readonly lastRejectedAt: Date | null;
  readonly rotatedAt: Date;
}

export const triggerHookTable = table<TriggerHook>('trigger_hook', {
  columns: {
    triggerId: column.id,
    path: column.text,
    keyId: column.textOrNull,
    sealed: column.bytesOrNull,
    secretVersion: column.integer,
    previousKeyId: column.textOrNull,
    previousSealed: column.bytesOrNull,
    previousUntil: column.timeOrNull,
    rejected: { ...column.bigint, default: 0 },
    lastRejectedAt: column.timeOrNull,
    rotatedAt: column.time,
  },
  foreignKeys: [references('start_trigger', 'triggerId')],
  uniques: [{ name: 'trigger_hook_path', columns: ['path'] }],
});
