import { environmentType } from '../../access/permission';
import { oneOf, tableOf } from '../../kernel/database/table';
import { field, guarded, listOf, named, optional, orNull, type ShapeOf, valuesOf } from '../../kernel/fields';
import { nameRule } from '../../kernel/naming';
import { ResourceRows } from '../resources.store';

export const freezeKind = {
  name: 'FreezeKind',
  description: 'Kind of a freeze.',
  values: {
    FREEZE: 'Deployments wait, or are refused, within its windows.',
    DEPLOYMENT_WINDOW:
      'Deployments wait, or are refused, outside of its windows. With several deployment windows, they may begin in any of them.',
  },
} as const;

const applies = (what: string) => `${what} Null: not restricted.`;
const scope = {
  applicationIds: listOf(field.uuid(applies('Applications whose environments it covers.'))),
  environmentIds: listOf(
    field.uuid('Environments that it covers. Null together with `environmentTypes`: all of them.'),
  ),
  environmentTypes: listOf(
    field.oneOf(environmentType, 'Types of environments that it covers, in addition to `environments`.'),
  ),
};
const FROM = 'Start of its first window.';
const UNTIL =
  'End of its first window; deployments may begin at this time. Null: until somebody changes or deletes it. Required with a recurrence and for deployment windows.';
const ZONE =
  'IANA time zone in which the recurrence keeps its times of day when the clocks change, such as `Europe/Berlin`.';
const RECURRENCE =
  'Rule of RFC 5545 by which the window repeats, such as `FREQ=WEEKLY;BYDAY=FR`. FREQ is DAILY, WEEKLY, MONTHLY or YEARLY; `from` must be an occurrence. Null: it does not repeat.';
const GROUPS = 'User groups whose members may deploy in spite of it. The user who began the attempt counts.';
const SERVICES = 'Services that may be deployed in spite of it, if an element deploys no others.';

/** A time in which environments take no deployments, or the only times in which they take them. */
export const freezeFields = {
  id: field.id('ID, kept when it is renamed.'),
  name: field.text('Name, unique.'),
  kind: field.oneOf(freezeKind, 'Kind.'),
  ...{ applicationIds: orNull(scope.applicationIds), environmentIds: orNull(scope.environmentIds) },
  environmentTypes: orNull(scope.environmentTypes),
  startsAt: named('from', field.time(FROM)),
  endsAt: named('until', orNull(field.time(UNTIL))),
  timeZone: field.text(ZONE),
  recurrence: orNull(field.text(RECURRENCE)),
  reason: field.text('Reason, shown to everybody whose deployment waits or is refused.'),
  exceptGroupIds: listOf(field.uuid(GROUPS)),
  exceptServiceIds: listOf(field.uuid(SERVICES)),
  createdAt: field.time('Time of creation.'),
  createdBy: named('createdById', orNull(field.key('ID of the user or API key that created it.'))),
  updatedAt: field.time('Time of the last change.'),
  deletedAt: orNull(field.time()),
};
export type Freeze = ShapeOf<typeof freezeFields>;

class FreezeRows extends ResourceRows<Freeze> {
  /** FREEZE is a reserved word of SQL, so the table has another name. */
  protected override readonly kind = 'freeze';

  protected override applicationOf(): null {
    return null;
  }
}

export const freezes = new FreezeRows(
  tableOf('deployment_freeze', freezeFields, {
    indices: [{ name: 'freeze_name', columns: ['name'], unique: true, where: 'deleted_at IS NULL' }],
    checks: [
      { name: 'freeze_kind', expression: oneOf('kind', valuesOf(freezeKind)) },
      { name: 'freeze_end', expression: 'ends_at > starts_at' },
      { name: 'freeze_known_end', expression: `ends_at IS NOT NULL OR (recurrence IS NULL AND kind = 'FREEZE')` },
    ],
  }),
  'freezes',
);

const texts = {
  name: (text: string) => guarded('CHECKED', field.text(text)),
  reason: (text: string) => guarded({ maxLength: 2000 }, field.text(text)),
};

/** Input fields of a new freeze. */
export const newFreeze = {
  name: texts.name(`Name, unique: ${nameRule}.`),
  kind: optional(field.oneOf(freezeKind, 'Kind. Defaults to FREEZE.')),
  applicationIds: optional(scope.applicationIds),
  environmentIds: optional(scope.environmentIds),
  environmentTypes: optional(scope.environmentTypes),
  from: field.time(FROM),
  until: optional(field.time(UNTIL)),
  timeZone: optional(field.text(`${ZONE} Defaults to \`UTC\`.`)),
  recurrence: optional(field.text(RECURRENCE)),
  reason: texts.reason('Reason, shown to everybody whose deployment waits or is refused: 1 to 2,000 characters.'),
  exceptGroupIds: optional(listOf(field.uuid(GROUPS))),
  exceptServiceIds: optional(listOf(field.uuid(SERVICES))),
};
export type NewFreeze = ShapeOf<typeof newFreeze>;

/** Input fields of a change. */
export const freezeChanges = {
  ...newFreeze,
  name: optional(texts.name('New name. Omitted: the name stays.')),
  kind: optional(field.oneOf(freezeKind, 'New kind. Omitted: the kind stays.')),
  from: optional(field.time(`${FROM} Omitted: it stays.`)),
  timeZone: optional(field.text(`${ZONE} Omitted: it stays.`)),
  reason: optional(texts.reason('New reason. Omitted: the reason stays.')),
};
/** Undefined keeps a value. Null removes an end, a recurrence or a restriction, and keeps anything else. */
export type FreezeChanges = ShapeOf<typeof freezeChanges>;
