import type { Actor } from '../../access/actor';
import type { Decision } from '../../access/access';
import type { SubjectRows } from '../../access/subjects';
import type { Execution } from '../../engine/execution';
import { abortRight } from '../commands/abortExecution';
import { jobStateText } from './moveJobs';
import type { QueuedJob } from './queuedJobs.queries';

export interface QueueAction {
  readonly action: 'move' | 'moveAhead' | 'setPriority' | 'cancel';
  readonly allowed: boolean;
  readonly code: string | null;
  readonly message: string | null;
}

/** Actions that the caller can take on a job of the queue now, by the same decisions as the commands. */
export function queueActions(
  { access }: Actor,
  { state }: Pick<QueuedJob, 'state'>,
  execution: Execution,
  subject: SubjectRows['Execution'],
): QueueAction[] {
  const claimed = { allowed: false, code: 'NOT_WAITING', message: `The job ${jobStateText[state]}.` };
  const right = access.explain('ABORT_WORKFLOW', 'Execution', subject);
  const move = state === 'WAITING' ? right : claimed;
  const answers: Readonly<
    Record<QueueAction['action'], Pick<Decision | typeof claimed, 'allowed' | 'code' | 'message'>>
  > = {
    move,
    moveAhead: move.allowed ? access.explainAccount('MANAGE_DELEGATES') : move,
    setPriority: move,
    cancel: access.explain(abortRight(access, subject, execution), 'Execution', subject),
  };
  return (Object.keys(answers) as QueueAction['action'][]).map((action) => {
    const { allowed, code, message } = answers[action];
    return { action, allowed, code, message };
  });
}
