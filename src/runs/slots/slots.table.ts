import { type ConcurrencyPolicy, concurrencyPolicies } from '../../catalog/language/terms';
import { delayCodes, type SlotHolder } from '../../engine/beginning';
import { column, oneOf, table } from '../../kernel/database/table';

/** A slot that is taken. The primary key ensures that it has one holder. */
export interface SlotRow extends SlotHolder {
  readonly groupKey: string;
  /** From 1 to the limit of the group, as its holder knew it. */
  readonly number: number;
  readonly maximum: number;
  readonly since: Date;
}

export const slotTable = table<SlotRow>('slot', {
  columns: {
    groupKey: { ...column.text, primary: true },
    number: { ...column.integer, primary: true },
    maximum: column.integer,
    holderId: column.uuid,
    runId: column.uuid,
    executionId: column.uuid,
    stageExecutionId: column.uuidOrNull,
    operationId: column.uuidOrNull,
    since: column.time,
  },
  uniques: [{ name: 'slot_holder', columns: ['holderId', 'groupKey'] }],
  checks: [{ name: 'slot_number', expression: 'number BETWEEN 1 AND maximum' }],
});

/** An element, standalone workflow or run that waits to begin. */
export interface BeginWaitRow {
  /** Stage execution or execution. */
  readonly id: string;
  readonly runId: string;
  readonly executionId: string;
  readonly stageExecutionId: string | null;
  readonly code: string;
  readonly reason: string;
  readonly until: Date | null;
  /** Group whose slot it waits for, holder of that group, and place in its queue: as last shown. */
  readonly groupKey: string | null;
  readonly blockedBy: string | null;
  readonly position: number | null;
  readonly since: Date;
  /** Last time at which it was asked if it may begin. */
  readonly askedAt: Date;
}

export const beginWaitTable = table<BeginWaitRow>('begin_wait', {
  columns: {
    id: column.id,
    runId: column.uuid,
    executionId: column.uuid,
    stageExecutionId: column.uuidOrNull,
    code: column.text,
    reason: column.text,
    until: column.timeOrNull,
    groupKey: column.textOrNull,
    blockedBy: column.uuidOrNull,
    position: column.integerOrNull,
    since: column.time,
    askedAt: column.time,
  },
  indices: [
    { name: 'begin_wait_until', columns: ['until'], where: 'until IS NOT NULL' },
    { name: 'begin_wait_execution', columns: ['executionId'] },
  ],
  checks: [{ name: 'begin_wait_code', expression: oneOf('code', delayCodes) }],
});

/** A place in the queue of a group. A waiting element has one for each group, and the same place in all of them. */
export interface SlotRequestRow {
  readonly groupKey: string;
  readonly holderId: string;
  readonly runId: string;
  readonly maximum: number;
  readonly policy: ConcurrencyPolicy;
  /** Order of the requests; never changes. */
  readonly number: number;
  /** Order of the queue: the number, until somebody moves the element ahead. */
  readonly place: string;
}

export const slotRequestTable = table<SlotRequestRow>('slot_request', {
  columns: {
    groupKey: { ...column.text, primary: true },
    holderId: { ...column.uuid, primary: true },
    runId: column.uuid,
    maximum: column.integer,
    policy: column.text,
    number: { ...column.bigint, generated: 'increment' },
    place: { type: 'numeric' },
  },
  indices: [
    { name: 'slot_request_place', columns: ['groupKey', 'place'] },
    { name: 'slot_request_holder', columns: ['holderId'] },
  ],
  checks: [{ name: 'slot_request_policy', expression: oneOf('policy', concurrencyPolicies) }],
});
