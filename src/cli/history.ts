import { actorName, type Run } from './run';
import { moment, type Ui, words } from './ui';

const verbs: Readonly<Record<string, string>> = {
  RERUN: 'run again',
  ROLLED_BACK: 'rolled back',
  RESTORE_FAILED: 'restore failed, requested',
  RESTORE_CANCELLED: 'restore canceled, requested',
  INTERVENED: 'failure decided',
  FREEZE_OVERRIDDEN: 'freeze overridden',
};

/** Prints actions of people on the run: start, approvals, resumes and restores, with their comments. */
export function sayHistory(ui: Ui, { history }: Run): void {
  ui.say('', ui.paint.bold('History'));
  for (const { at, action, actor, stage, step, text } of history) {
    const verb = verbs[action] ?? action.toLowerCase();
    const place = [stage, step].filter((one) => one !== null).join(' › ');
    const where = place === '' ? '' : `${action === 'RESUMED' ? 'from' : 'at'} ${place}`;
    const said = text === null ? '' : action === 'APPROVED' || action === 'REJECTED' ? ` "${text}"` : `: ${text}`;
    ui.say(words(`  ${ui.paint.dim(moment(at))}  ${verb} by ${actorName(actor)}`, where) + ui.paint.dim(said));
  }
}
