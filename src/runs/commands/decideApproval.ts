import type { Actor } from '../../access/actor';
import { groupsOf } from '../../catalog/language/approvalPolicy';
import type { Approval, ApprovalAction, ApprovalVote } from '../../engine/approval';
import { groupsOfVoters, isComplete, requirementsOf, type Voted, votedOn } from '../../engine/approvalVotes';
import { refreshApproval } from '../../engine/askAgain';
import type { Execution, ExecutionAttempt } from '../../engine/execution';
import { wantsOf } from '../../engine/facts';
import { approverRefusal, type Decider, voteOf } from '../../engine/selfApproval';
import { addVote } from '../../engine/vote';
import type { Db } from '../../kernel/database/database';
import {
  auditedInputs,
  type GivenInput,
  listInputs,
  readApprovalInputs,
  refuseInputs,
} from '../../engine/approvalInputs';
import { isId } from '../../kernel/ids';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { findApproval, findVotes } from '../approvals/approvals.store';
import { deciderOf } from '../approvals/approvers.store';
import { findAttempts } from '../execution/executions.store';
import { inRuns } from '../execution/inRuns';
import { onRun, type RunCommandInput } from './onRun';

export interface DecideApproval extends RunCommandInput {
  readonly action: ApprovalAction;
  readonly applicationId: string;
  readonly executionId: string;
  readonly approvalId: string;
  /** Digest of what the caller saw. */
  readonly digest?: string | null;
  /** Values of the form; an approval only. */
  readonly inputs?: readonly GivenInput[] | null;
}

/**
 * Records a person's vote on an approval, and decides it if nobody else has to approve. Repeating the same vote as the
 * same person changes nothing.
 */
export async function decideApproval(app: App, actor: Actor, input: DecideApproval): Promise<Voted> {
  try {
    const after = await vote(app, actor, input);
    // A repeat with the same idempotency key has not voted.
    const [approval, votes] = after ?? (await app.database.together((db) => readVotes(db, input.approvalId)));
    if (approval === undefined) throw notFound('approval', input.approvalId);
    return votedOn(approval, votes);
  } catch (error) {
    // The refused vote has written nothing. A transaction of its own requests the approval again.
    if (error instanceof Refusal && error.code === 'APPROVAL_CHANGED') await askAnew(app, actor, input);
    throw error;
  }
}

const readVotes = (db: Db, id: string) => Promise.all([findApproval(db, id), findVotes(db, [id])]);

/** Returns the approval as it is after the vote, which is read with the COMMIT. */
async function vote(
  app: App,
  actor: Actor,
  input: DecideApproval,
): Promise<Awaited<ReturnType<typeof readVotes>> | undefined> {
  const { action, approvalId } = input;
  const named = { kind: 'approval', id: approvalId };
  const wants = ({ id }: Execution) => wantsOf(id, 'execution', 'elements', 'allApprovals', 'standingOf');
  const reads = async (db: Db) => {
    if (!isId(approvalId)) throw notFound('approval', approvalId);
    return Promise.all([
      ...([findApproval(db, approvalId), findVotes(db, [approvalId])] as const),
      ...([findAttempts(db, [input.executionId]), deciderOf(db, actor)] as const),
    ]);
  };
  const command = { verb: 'decideApproval', input, id: input.executionId, named, wants, reads };
  const comments = input.comments?.trim() || null;
  let after: ReturnType<typeof readVotes> | undefined;
  await onRun(app, actor, command, async (db, execution, { read: [approval, votes, attempts, decider] }) => {
    if (approval?.executionId !== execution.id) throw notFound('approval', approvalId);
    const { id, status: before } = approval;
    const own = voteOf(actor, votes);
    after = db.last(() => readVotes(db, id));
    const inputs = input.inputs ?? [];
    const isSame = inputs.every(({ name, value }) => approval.given?.[name] === value);
    const audit = (after: string, text: string | null, values: Approval['given'] = null) => ({
      after: execution,
      audit: {
        ...{ kind: 'approval', id, before: { status: before } },
        after: {
          ...{ status: after, comments: text, executionId: execution.id },
          ...(values !== null && { inputs: auditedInputs(approval.inputs, values) }),
        },
      },
    });
    if (own?.action === action && isSame && (before === 'WAITING' || before === statusAfter[action])) {
      return audit(before, own.comments);
    }
    const refusal = refuseDecision(decider, approval, attempts, votes, db.now);
    if (refusal !== null) throw refusal;
    const groups = groupsOf(approval).filter((group) => actor.access.isMemberOf([group]));
    const seen = input.digest ?? null;
    const decides = isComplete(requirementsOf(approval, [...groupsOfVoters(votes), groups]));
    const { values, errors } = readForm(approval, action, inputs);
    // Later voters can fill in the fields that this vote omits.
    const wrong = errors.filter(({ rule }) => decides || rule !== 'REQUIRED');
    if (wrong.length > 0) throw invalidInput(wrong);
    const given = { action, comments, groups, seen, values };
    const { refused, decided } = await db.decide((run) => {
      const changed = addVote(run, approval, votes, given);
      return { refused: changed, decided: run.changes.decided.some((one) => one.id === id) };
    });
    if (refused !== null) throw refused;
    return audit(decided ? statusAfter[action] : before, comments, values);
  });
  return after;
}

/** Values of the form: those of this vote, of earlier ones, and the defaults. */
function readForm({ inputs: form, given }: Approval, action: ApprovalAction, inputs: readonly GivenInput[]) {
  if (action === 'REJECT') return { values: null, errors: refuseInputs(inputs) };
  const names = new Set(inputs.map(({ name }) => name));
  return readApprovalInputs(form, [...listInputs(form, given).filter(({ name }) => !names.has(name)), ...inputs]);
}

const statusAfter = { APPROVE: 'APPROVED', REJECT: 'REJECTED' } as const satisfies Record<ApprovalAction, string>;

async function askAnew(app: App, actor: Actor, { approvalId, executionId }: DecideApproval): Promise<void> {
  await inRuns(app, [executionId], actor, async (db) => {
    const wants = wantsOf(executionId, 'execution', 'elements', 'standingOf');
    const [approval] = await Promise.all([findApproval(db, approvalId), db.load(wants)]);
    if (approval?.status === 'WAITING') await db.decide((run) => refreshApproval(run, approval));
  });
}

export interface ApprovalOutcome extends Partial<Voted> {
  readonly approvalId: string;
  readonly success: boolean;
  readonly code: Refusal['code'] | null;
  readonly message: string | null;
}

const MOST_DECISIONS = 50;

/** Decides approvals one after the other: a refusal of one does not affect the others. */
export async function decideApprovals(
  app: App,
  actor: Actor,
  decisions: readonly DecideApproval[],
): Promise<ApprovalOutcome[]> {
  if (decisions.length === 0 || decisions.length > MOST_DECISIONS) {
    const message = `decisions must have from 1 to ${MOST_DECISIONS} entries; it has ${decisions.length}.`;
    throw invalidInput([{ field: 'decisions', value: decisions.length, rule: 'RANGE', message }]);
  }
  const outcomes: ApprovalOutcome[] = [];
  for (const decision of decisions) {
    const { approvalId } = decision;
    try {
      const voted = await decideApproval(app, actor, decision);
      outcomes.push({ approvalId, success: true, code: null, message: null, ...voted });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      outcomes.push({ approvalId, success: false, code: error.code, message: error.message });
    }
  }
  return outcomes;
}

/** Reason why the caller can't decide an approval; null if it can. */
export function refuseDecision(
  decider: Decider,
  approval: Approval,
  /** Attempts of its execution. */
  attempts: readonly ExecutionAttempt[],
  votes: readonly ApprovalVote[],
  now: Date,
): Refusal | null {
  const { status, expiresAt, decidedBy } = approval;
  const { actor } = decider;
  if (status === 'WAITING' && expiresAt > now) {
    const own = voteOf(actor, votes);
    if (own === undefined) return approverRefusal(decider, approval, attempts);
    const message = 'You have already approved: a vote can’t be changed, and the approval waits for others.';
    return new Refusal('CONFLICT', message, { status });
  }
  const is = status === 'WAITING' ? 'EXPIRED' : status;
  const byPerson = status === 'APPROVED' || status === 'REJECTED';
  if (byPerson && decidedBy !== null && decidedBy.id !== actor.id) {
    return new Refusal('CONFLICT', `${decidedBy.name} acted first: the approval is ${is}.`, { status: is });
  }
  const by = decidedBy === null ? '' : ` by ${decidedBy.name}`;
  return new Refusal('NOT_WAITING', `The approval is ${is}${by}.`, { status });
}
