import type { ExecutionStatus } from '../contract/statuses';
import type { ExecutionEventType } from './executionEvent';

/**
 * The status machine as data. It defines the status types, the CHECK constraints of the tables, the rule that
 * `moves.ts` and `RunSlice` enforce for every move, and the diagrams of `docs/statuses.md`.
 */
interface Transition<Status extends string> {
  readonly event: string;
  readonly from: readonly Status[];
  readonly to: readonly Status[];
  /** Type of the entry in the event log; null if another entry reports the move. */
  readonly log: ExecutionEventType | null;
}

interface Machine<Status extends string> {
  /** Statuses of a new row. */
  readonly begins: readonly Status[];
  readonly moves: readonly Transition<Status>[];
}

const active = ['QUEUED', 'RUNNING', 'WAITING', 'PAUSED', 'RESUMING'] as const;
const unsuccessful = ['FAILED', 'ERROR', 'ABORTED', 'EXPIRED'] as const;

/** An execution of a pipeline. It shows the state of its current stage. */
const run = {
  begins: ['QUEUED'],
  moves: [
    { event: 'proceed', from: active, to: ['RUNNING', 'WAITING', 'PAUSED'], log: 'EXECUTION_STATUS' },
    { event: 'may begin', from: ['WAITING'], to: ['QUEUED', 'RESUMING'], log: 'EXECUTION_STATUS' },
    { event: 'pause', from: ['QUEUED', 'RUNNING'], to: ['PAUSED'], log: 'EXECUTION_STATUS' },
    { event: 'continue', from: ['PAUSED'], to: ['QUEUED', 'RUNNING'], log: 'EXECUTION_STATUS' },
    { event: 'succeed', from: active, to: ['SUCCESS'], log: 'EXECUTION_STATUS' },
    { event: 'fail', from: active, to: unsuccessful, log: 'EXECUTION_STATUS' },
    { event: 'reject', from: ['RUNNING', 'WAITING', 'PAUSED'], to: ['REJECTED'], log: 'EXECUTION_STATUS' },
    { event: 'next attempt', from: ['SUCCESS', 'REJECTED', ...unsuccessful], to: ['RESUMING'], log: 'ATTEMPT_STARTED' },
    { event: 'restore', from: ['SUCCESS', 'REJECTED', ...unsuccessful], to: ['RESTORING'], log: 'EXECUTION_STATUS' },
    { event: 'restored', from: ['RESTORING'], to: ['SUCCESS'], log: 'EXECUTION_STATUS' },
    {
      event: 'restore failed',
      from: ['RESTORING'],
      to: ['SUCCESS', 'REJECTED', ...unsuccessful],
      log: 'EXECUTION_STATUS',
    },
  ],
} as const satisfies Machine<ExecutionStatus>;

/** An execution of a workflow, standalone or in a stage. */
const workflow = {
  begins: ['QUEUED'],
  moves: [
    { event: 'start', from: ['QUEUED', 'RESUMING', 'WAITING'], to: ['RUNNING'], log: 'EXECUTION_STATUS' },
    { event: 'ask', from: ['QUEUED', 'RUNNING', 'RESUMING'], to: ['WAITING'], log: 'EXECUTION_STATUS' },
    { event: 'may begin', from: ['WAITING'], to: ['QUEUED', 'RESUMING'], log: 'EXECUTION_STATUS' },
    { event: 'pause', from: ['QUEUED', 'RUNNING', 'WAITING', 'RESUMING'], to: ['PAUSED'], log: 'EXECUTION_STATUS' },
    { event: 'continue', from: ['PAUSED'], to: ['QUEUED', 'RUNNING', 'RESUMING'], log: 'EXECUTION_STATUS' },
    { event: 'succeed', from: active, to: ['SUCCESS'], log: 'EXECUTION_STATUS' },
    { event: 'fail', from: active, to: unsuccessful, log: 'EXECUTION_STATUS' },
    { event: 'next attempt', from: ['SUCCESS', ...unsuccessful], to: ['RESUMING'], log: 'ATTEMPT_STARTED' },
    // It shows an earlier attempt again, which succeeded, or whose failure was ignored.
    {
      event: 'restored',
      from: ['SUCCESS', ...unsuccessful],
      to: ['SUCCESS', 'FAILED', 'ERROR', 'EXPIRED'],
      log: 'EXECUTION_STATUS',
    },
  ],
} as const satisfies Machine<ExecutionStatus>;

const open = ['QUEUED', 'RUNNING', 'WAITING', 'PAUSED'] as const;

/** One element of a stage: an approval or a workflow. */
const element = {
  begins: ['QUEUED'],
  moves: [
    { event: 'start', from: ['QUEUED', 'WAITING'], to: ['RUNNING'], log: 'STAGE_STATUS' },
    { event: 'ask', from: ['QUEUED', 'RUNNING', 'PAUSED'], to: ['WAITING'], log: 'STAGE_STATUS' },
    { event: 'may begin', from: ['WAITING'], to: ['QUEUED'], log: 'STAGE_STATUS' },
    { event: 'ask for inputs', from: ['QUEUED'], to: ['PAUSED'], log: 'STAGE_STATUS' },
    { event: 'inputs given', from: ['PAUSED'], to: ['QUEUED'], log: 'STAGE_STATUS' },
    { event: 'pause', from: ['QUEUED', 'RUNNING', 'WAITING'], to: ['PAUSED'], log: 'STAGE_STATUS' },
    { event: 'continue', from: ['PAUSED'], to: ['QUEUED', 'RUNNING'], log: 'STAGE_STATUS' },
    { event: 'retry', from: ['RUNNING', 'WAITING', 'PAUSED'], to: ['QUEUED'], log: 'STAGE_STATUS' },
    { event: 'succeed', from: open, to: ['SUCCESS'], log: 'STAGE_STATUS' },
    { event: 'fail', from: open, to: unsuccessful, log: 'STAGE_STATUS' },
    { event: 'reject', from: ['WAITING'], to: ['REJECTED'], log: 'STAGE_STATUS' },
    { event: 'skip', from: open, to: ['SKIPPED'], log: 'STAGE_STATUS' },
  ],
} as const satisfies Machine<ExecutionStatus>;

/** A task of a graph, or a detached one. */
const task = {
  begins: ['QUEUED'],
  moves: [
    { event: 'start', from: ['QUEUED'], to: ['RUNNING'], log: 'TASK_STATUS' },
    { event: 'ask', from: ['QUEUED', 'RUNNING'], to: ['WAITING'], log: 'TASK_STATUS' },
    { event: 'retry', from: ['RUNNING', 'WAITING', 'FAILED'], to: ['QUEUED'], log: 'TASK_STATUS' },
    { event: 'skip taken back', from: ['SKIPPED'], to: ['QUEUED'], log: 'TASK_STATUS' },
    { event: 'succeed', from: ['RUNNING', 'WAITING'], to: ['SUCCESS'], log: 'TASK_STATUS' },
    // It has no command: it stands for tasks that have all passed.
    { event: 'all passed', from: ['QUEUED'], to: ['SUCCESS'], log: 'TASK_STATUS' },
    { event: 'fail', from: ['QUEUED', 'RUNNING', 'WAITING'], to: ['FAILED'], log: 'TASK_STATUS' },
    { event: 'stop', from: ['RUNNING'], to: ['ABORTED'], log: 'TASK_STATUS' },
    { event: 'skip', from: ['QUEUED', 'WAITING'], to: ['SKIPPED'], log: 'TASK_STATUS' },
  ],
} as const satisfies Machine<ExecutionStatus>;

/** One try of a task. The event of the task reports its end. */
const job = {
  begins: ['QUEUED'],
  moves: [
    { event: 'start', from: ['QUEUED'], to: ['RUNNING'], log: 'JOB_STARTED' },
    { event: 'withdraw', from: ['QUEUED'], to: ['FAILED', 'ABORTED'], log: null },
    { event: 'finish', from: ['RUNNING'], to: ['SUCCESS', 'FAILED', 'ABORTED'], log: null },
    { event: 'lose', from: ['RUNNING'], to: ['LOST'], log: 'JOB_LOST' },
  ],
} as const satisfies Machine<string>;

const approval = {
  begins: ['WAITING'],
  moves: [
    { event: 'decide', from: ['WAITING'], to: ['APPROVED', 'REJECTED'], log: 'APPROVAL_DECIDED' },
    { event: 'close', from: ['WAITING'], to: ['EXPIRED', 'ABORTED'], log: 'APPROVAL_DECIDED' },
  ],
} as const satisfies Machine<string>;

/** An extension, which completes immediately, or a restore. */
const operation = {
  begins: ['RUNNING', 'SUCCESS'],
  moves: [{ event: 'end', from: ['RUNNING'], to: ['SUCCESS', 'FAILED', 'CANCELLED'], log: 'RESTORE_ENDED' }],
} as const satisfies Machine<string>;

export const machine = { run, workflow, element, task, job, approval, operation } as const;
export type Thing = keyof typeof machine;

type Of<T extends Thing> = (typeof machine)[T];
type Row<T extends Thing> = Of<T>['moves'][number];
/** Every status that a thing of this kind can have. */
export type StatusOf<T extends Thing> = Of<T>['begins'][number] | Row<T>['from'][number] | Row<T>['to'][number];
/** Every status that an event leads to. */
export type StatusAfter<T extends Thing, E extends Row<T>['event']> = Extract<Row<T>, { event: E }>['to'][number];

export const things = Object.keys(machine) as Thing[];
const machineOf = (thing: Thing): Machine<string> => machine[thing];

/** In the order of the table. */
export function statusesOf<T extends Thing>(thing: T): StatusOf<T>[] {
  const { begins, moves } = machineOf(thing);
  return [...new Set([...begins, ...moves.flatMap(({ from, to }) => [...from, ...to])])] as StatusOf<T>[];
}

/** Statuses that at least one event leaves: of a job, an approval or an operation, those in which it has not ended. */
export const openStatusesOf = <T extends 'job' | 'approval' | 'operation'>(thing: T): StatusOf<T>[] =>
  statusesOf(thing).filter((status) => machineOf(thing).moves.some(({ from }) => from.includes(status)));

/** Statuses that one event leads from, and those that it leads to. */
export function statusesAt<T extends Thing>(thing: T, event: Row<T>['event']) {
  const found = machineOf(thing).moves.filter((one) => one.event === event);
  const [from, to] = [found.flatMap((one) => one.from), found.flatMap((one) => one.to)];
  return { from: from as StatusOf<T>[], to: to as StatusOf<T>[] };
}

/** Events that move a thing from one status to another. */
export const eventsBetween = (thing: Thing, from: string, to: string): string[] =>
  machineOf(thing)
    .moves.filter((one) => one.from.includes(from) && one.to.includes(to))
    .map(({ event }) => event);

/**
 * Throws for a move that the machine does not define, which is a defect. Keeping the status is not a move; `from` is
 * null for a new row.
 */
export function checkMove(thing: Thing, from: string | null, to: string): void {
  const known = from === null ? machineOf(thing).begins.includes(to) : eventsBetween(thing, from, to).length > 0;
  if (from !== to && !known) throw new Error(`${thing}: no move leads from ${from ?? 'nothing'} to ${to}`);
}

/**
 * The machine of a thing as a Mermaid flowchart. Statuses from which several events lead to the same targets are drawn
 * as a group, with one arrow from the group.
 */
export function diagramOf(thing: Thing): string {
  const { begins, moves } = machineOf(thing);
  const keys = moves.filter(({ from }) => from.length > 2).map(({ from }) => from.join(' '));
  const groups = [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))];
  const arrow = (from: string, event: string, to: string) => `  ${from} -->|"${event}"| ${to}`;
  const arrows = ({ event, from, to }: Transition<string>): string[] => {
    const group = groups.indexOf(from.join(' '));
    if (!to.some((one) => from.includes(one))) {
      return [arrow(group < 0 ? from.join(' & ') : `group${group}`, event, to.join(' & '))];
    }
    return to.map((one) => arrow(from.filter((other) => other !== one).join(' & '), event, one));
  };
  return [
    'flowchart LR',
    ...groups.map((key, index) => `  subgraph group${index}[" "]\n    ${key.split(' ').join('\n    ')}\n  end`),
    '  new((" "))',
    ...begins.map((one) => arrow('new', 'begin', one)),
    ...moves.flatMap(arrows),
  ].join('\n');
}
