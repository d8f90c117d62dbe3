import { type ResumePlanFragment, WillReplaceDocument } from '../client/generated';
import type { Session } from './session';
import { moment } from './ui';

/** Images of later runs that would be replaced, one a line. */
export function sayReplaced({ ui }: Pick<Session, 'ui'>, replaced: ResumePlanFragment['replaced']): void {
  const { paint } = ui;
  for (const { environment, service, image, deployed } of replaced) {
    const by = paint.dim(`of run ${deployed.runId}, ${moment(deployed.deployedAt)}`);
    ui.say(`  ${paint.yellow('replaces')}  ${environment} ${service}: ${deployed.image} → ${image} ${by}`);
  }
}

/** Warns of what a run that waited will replace once it continues. */
export async function warnOfReplaced(session: Session, id: string): Promise<void> {
  const { execution } = await session.api.ask(WillReplaceDocument, { id });
  if (execution.willReplace.length === 0) return;
  session.ui.say(session.ui.paint.yellow('Runs that started later have deployed where this run will deploy:'));
  sayReplaced(session, execution.willReplace);
}
