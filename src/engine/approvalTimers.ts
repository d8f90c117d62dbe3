import { groupsOf } from '../catalog/language/approvalPolicy';
import type { ApprovalElement } from '../catalog/language/pipeline';
import { type Approval, placeOf } from './approval';
import type { RunSlice } from './runSlice';

/** More reminders would not help an approval that everybody has ignored so often. */
export const MAX_REMINDERS = 10;

type Timers = Pick<
  Approval,
  | 'requestedAt'
  | 'expiresAt'
  | 'remindAfterSeconds'
  | 'reminders'
  | 'remindedAt'
  | 'escalate'
  | 'escalated'
  | 'nextStepAt'
>;

/** Reminders and escalations of an approval that is requested now. */
export function startTimers(
  {
    timeoutSeconds,
    remindAfterSeconds,
    escalate,
  }: Pick<ApprovalElement, 'timeoutSeconds' | 'remindAfterSeconds' | 'escalate'>,
  now: Date,
): Timers {
  const timers = {
    ...{ requestedAt: now, expiresAt: after(now, timeoutSeconds), remindAfterSeconds, reminders: 0, remindedAt: null },
    ...{ escalate, escalated: 0, nextStepAt: null },
  };
  return { ...timers, nextStepAt: nextStepOf(timers) };
}

const after = (time: Date, seconds: number): Date => new Date(time.getTime() + seconds * 1000);

function nextReminder({ requestedAt, remindAfterSeconds, reminders, remindedAt }: Timers): Date | null {
  if (remindAfterSeconds === null || reminders >= MAX_REMINDERS) return null;
  return after(remindedAt ?? requestedAt, remindAfterSeconds);
}

function nextEscalation({ requestedAt, escalate, escalated }: Timers): Date | null {
  const step = escalate[escalated];
  return step === undefined ? null : after(requestedAt, step.afterSeconds);
}

function nextStepOf(timers: Timers): Date | null {
  const times = [nextReminder(timers), nextEscalation(timers)].flatMap((time) => time ?? []);
  const next = times.sort((a, b) => a.getTime() - b.getTime())[0];
  return next === undefined || next >= timers.expiresAt ? null : next;
}

const isDue = (time: Date | null, now: Date): boolean => time !== null && time <= now;

/**
 * Reminds approvers and takes escalations that are due. After a downtime, all due escalations are taken, with one
 * reminder for all that were missed. A pause does not delay them, because approvals of a paused run can be decided.
 */
export function takeDueSteps(run: RunSlice, approval: Approval): void {
  if (approval.status !== 'WAITING' || !isDue(approval.nextStepAt, run.now) || approval.expiresAt <= run.now) return;
  const { executionId } = approval;
  const on = { runId: run.execution(executionId).runId, executionId };
  let next = approval;
  while (isDue(nextEscalation(next), run.now)) {
    const to = next.escalate[next.escalated]?.to ?? [];
    const approvers = [...new Set([...next.approvers, ...to])];
    next = { ...next, approvers, escalated: next.escalated + 1 };
    const step = { to, approvers: groupsOf(next), step: next.escalated };
    run.event(on, 'APPROVAL_ESCALATED', { ...placeOf(approval), ...step });
  }
  if (isDue(nextReminder(next), run.now)) {
    next = { ...next, reminders: next.reminders + 1, remindedAt: run.now };
    run.event(on, 'APPROVAL_REMINDED', {
      ...{ ...placeOf(approval), approvers: groupsOf(next), reminder: next.reminders },
      expiresAt: next.expiresAt.toISOString(),
    });
  }
  run.changes.approvers.push({ ...next, nextStepAt: nextStepOf(next) });
}
