import { FreezesDocument } from '../client/generated';
import { allPages, type DeployedOptions, filtersOf, placeOf, requireEnvironment } from './deployed';
import type { Session } from './session';
import { moment } from './ui';

/** `slipway freezes`: shows which environments are frozen, until when, and when the next freeze begins. */
export async function showFreezes(
  session: Session,
  options: Pick<DeployedOptions, 'application' | 'environment'>,
): Promise<void> {
  const { api, ui } = session;
  const filters = await filtersOf(session, options);
  const found = await allPages(async (after) => (await api.ask(FreezesDocument, { filters, after })).environments);
  requireEnvironment(found, options);
  ui.answer(found);
  if (ui.json) return;
  if (found.length === 0) return ui.say('There are no environments.');
  const end = (until: string | null | undefined) => (until == null ? 'unknown' : moment(until));
  ui.table(
    ['ENVIRONMENT', 'STATE', 'UNTIL', 'FREEZE', 'NEXT', 'REASON'],
    found.map(({ freeze: { current, next }, ...environment }) => [
      placeOf(environment),
      current ? ui.paint.yellow('frozen') : 'open',
      current ? end(current.until) : '',
      current?.freeze.name ?? '',
      next?.from == null ? '' : `${moment(next.from)} ${next.freeze.name}`,
      (current ?? next)?.freeze.reason ?? '',
    ]),
  );
}
