import type { Access } from '../../access/access';
import type { Actor } from '../../access/actor';
import type { AuditDetail } from '../../access/audit/audit';
import { auditDetail } from '../../access/audit/auditDetail';
import type { SubjectRows, Target } from '../../access/subjects';
import { findExecutionTargets } from '../../access/targets.store';
import { isFinal } from '../../contract/statuses';
import type { Execution } from '../../engine/execution';
import { type CommandTexts, textErrors } from '../../engine/textLimits';
import { type InputError, invalidInput, notFound, Refusal } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { App } from '../app';
import { type Want, wantsOf } from '../../engine/facts';
import { findExecution, findExecutions } from '../execution/executions.store';
import { inRuns } from '../execution/inRuns';
import type { RunTransaction } from '../execution/runTransaction';
import { type KeyedRequest, keyedRequest, once } from './idempotency';
import { findIdempotencyKeyFor, insertIdempotencyKey } from './idempotencyKeys.store';

/** Common input of all commands on a run. */
export interface RunCommandInput extends CommandTexts {
  readonly applicationId?: string;
  /** Version of the execution that the caller saw; CONFLICT when the execution has changed since. */
  readonly expectedVersion?: number | null;
}

export interface RunCommand<Read = undefined> {
  /** Name of the command. An idempotency key identifies the verb together with the input. */
  readonly verb: string;
  readonly input: RunCommandInput;
  /** Id of the execution. */
  readonly id: string | undefined;
  /** Object that the caller named, for NOT_FOUND. Defaults to the execution. */
  readonly named?: { readonly kind: string; readonly id: string };
  /**
   * Texts that the frame checks. Defaults to those of the input; a decision may report them with its own errors
   * instead.
   */
  readonly texts?: CommandTexts;
  /** Errors of the input that can be found without the database. */
  readonly errors?: readonly InputError[];
  /**
   * Reason why a caller who may read the execution can't use this command on it; the command then fails with NOT_FOUND.
   */
  readonly mismatch?: (execution: Execution) => string | null;
  /** Facts that the decision usually needs; they are read together with the lock. */
  readonly wants?: (seen: Execution) => readonly Want[];
  /** Other reads that are sent with the lock. */
  readonly reads?: (db: RunTransaction, seen: Execution) => Promise<Read>;
  /** Throws unless the actor has the right. A right that depends on the decision is checked by the decision. */
  readonly right?: (access: Access, subject: SubjectRows['Execution'], execution: Execution) => void | Promise<void>;
}

/** Data that the frame has read for a decision. */
export interface Known<Read> {
  readonly read: Read;
  /**
   * Environments of the execution, read before the lock. Those of a final execution can't differ under the lock,
   * because a changed version is a CONFLICT.
   */
  readonly environments: readonly Target[];
}

/** Data that a decision adds to the result and to the audit record of its command. */
export interface Decided {
  /** Id of an object that the command created, such as an operation. */
  readonly answerId?: string;
  /** The execution after the decision. */
  readonly after?: Execution;
  /** Object of the audit record if it is not the run, or more details about the run. */
  readonly audit?: Partial<AuditDetail>;
}

export interface Answered {
  readonly execution: Execution;
  readonly answerId: string | null;
}

const statusOf = ({ status, attempt, pause }: Execution) => ({ status, attempt, pause });

/**
 * Common frame of every command on a run. It checks texts, finds the execution, hides it if the actor may not see it,
 * checks the right, and locks the run. `decide` then runs in one transaction with its events and its audit record. If
 * it throws a refusal, nothing is written.
 */
export async function onRun<Read = undefined>(
  app: App,
  actor: Actor,
  command: RunCommand<Read>,
  decide: (db: RunTransaction, execution: Execution, known: Known<Read>) => Promise<Decided | undefined>,
): Promise<Answered> {
  const { input, verb } = command;
  const errors = [...textErrors(command.texts ?? input), ...(command.errors ?? [])];
  if (errors.length > 0) throw invalidInput(errors);
  const { seen, environments, used } = await findReadable(app, actor, command);
  const request = keyedRequest(seen.applicationId, verb, input);
  const again = async (known: { readonly executionId: string; readonly answerId: string | null }) => ({
    execution: (await findExecution(app.database, known.executionId)) ?? seen,
    answerId: known.answerId,
  });
  return once(app, request, used, again, async () => {
    const { answerId, last } = await inRuns(app, [seen.runId], actor, async (db) => {
      const [rows, read] = await Promise.all([
        findExecutions(db, [seen.id]),
        command.reads?.(db, seen) as Promise<Read>,
        db.load(command.wants?.(seen) ?? []),
      ]);
      const execution = rows[0] ?? seen;
      refuseStale(seen, execution, input.expectedVersion);
      const decided = await decide(db, execution, { read, environments }).catch((error: unknown) => {
        throw error instanceof Refusal ? asConflict(error, seen, execution) : error;
      });
      return finish(db, execution, request, decided);
    });
    return { execution: (await last)[0] ?? seen, answerId };
  });
}

/** Inserts the key, writes the audit record, and reads the resulting execution. */
async function finish(
  db: RunTransaction,
  before: Execution,
  request: KeyedRequest | null,
  decided: Decided | undefined,
) {
  const { id, applicationId } = before;
  const answerId = decided?.answerId ?? null;
  if (request !== null) {
    db.sent([insertIdempotencyKey(db, { ...request, executionId: id, answerId, createdAt: db.now })]);
  }
  const after = decided?.after ?? (await findExecution(db, id)) ?? before;
  const states = { before: statusOf(before), after: statusOf(after) };
  auditDetail(db, { kind: 'execution', id, applicationId, ...states, ...decided?.audit });
  return { answerId, last: db.last(() => findExecutions(db, [id])) };
}

/** The execution of the command, if the actor may read it and has the right for the command. */
async function findReadable<Read>(app: App, actor: Actor, command: RunCommand<Read>) {
  const { id, input, right } = command;
  const { kind, id: name } = command.named ?? { kind: 'execution', id: id ?? '' };
  if (id === undefined || !isId(id)) throw notFound(kind, name);
  const [[execution], targets, used] = await app.database.together((db) =>
    Promise.all([
      findExecutions(db, [id]),
      findExecutionTargets(db, [id]),
      findIdempotencyKeyFor(db, id, input.idempotencyKey),
    ]),
  );
  if (execution === undefined) throw notFound(kind, name);
  const environments = targets.get(id) ?? [];
  const subject = { ...execution, environments };
  if (!actor.access.can('READ', 'Execution', subject)) throw notFound(kind, name);
  const mismatch = command.mismatch?.(execution);
  if (mismatch != null) throw new Refusal('NOT_FOUND', `The ${kind} "${name}" ${mismatch}.`, { kind, id: name });
  if (input.applicationId !== undefined && execution.applicationId !== input.applicationId) throw notFound(kind, name);
  await right?.(actor.access, subject, execution);
  return { seen: execution, environments, used };
}

/** If a final execution has changed, another caller was faster, even if it is final again. */
function refuseStale(seen: Execution, now: Execution, expected: number | null | undefined): void {
  const { version, status } = now;
  if (seen.version !== version && isFinal(seen.status)) throw faster(now);
  if (expected == null || expected === version) return;
  throw new Refusal('CONFLICT', `The execution is at version ${version}, not ${expected}.`, { status, version });
}

const statusRefusals: readonly Refusal['code'][] = [
  'NOT_ABORTABLE',
  'NOT_PAUSABLE',
  'NOT_RESUMABLE',
  'NOT_EXTENDABLE',
  'NOT_RESTORABLE',
];

/**
 * Turns a refusal into a CONFLICT if the status has changed since the caller was authorized: another request came
 * first.
 */
const asConflict = (refusal: Refusal, seen: Execution, now: Execution): Refusal =>
  seen.status !== now.status && statusRefusals.includes(refusal.code) ? faster(now) : refusal;

const faster = ({ status, version }: Execution): Refusal =>
  new Refusal('CONFLICT', `Another request came first: the execution is ${status}.`, { status, version });

/** The right to run an execution includes the right to pause, continue and end it. */
export const runRight = ({ kind, parentStageExecutionId }: Execution) =>
  kind === 'PIPELINE' || parentStageExecutionId !== null ? 'EXECUTE_PIPELINE' : 'EXECUTE_WORKFLOW';

/** Facts for stopping or pausing a run: all its parts that are not final. */
export const activeRun = ({ id, kind, runId, parentStageExecutionId: stageId }: Execution): Want[] =>
  kind === 'PIPELINE'
    ? [...wantsOf(id, 'execution', 'members', 'elements', 'approvals')]
    : [
        ...wantsOf(id, 'execution', 'unstarted', 'running', 'deployments'),
        ...(stageId === null ? [] : wantsOf(runId, 'execution', 'elements', 'approvals')),
      ];
