import { FreezesDocument, OverrideFreezeDocument } from '../client/generated';
import { allPages, type DeployedOptions, filtersOf, placeOf, requireEnvironment } from './deployed';
import { findRun, type SeenOptions, seenVersion } from './runs';
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

/** Options of commands that may deploy in spite of freezes. */
export interface UnfreezingOptions {
  /** Reason for the override. */
  readonly overrideFreeze?: string;
}

/** The override as mutations and previews take it; undefined without one. */
export const overrideOf = ({ overrideFreeze: reason }: UnfreezingOptions): { readonly reason: string } | undefined =>
  reason === undefined ? undefined : { reason };

/** `slipway override-freeze`: lets a run that waits for the end of a freeze deploy now. */
export async function overrideFreeze(
  session: Session,
  named: string,
  { reason, ...seen }: SeenOptions & { readonly reason: string },
): Promise<void> {
  const { api, ui } = session;
  const run = await findRun(session, named);
  const input = { executionId: run.id, reason, expectedVersion: seenVersion(run, seen) };
  const { execution } = (await api.change(OverrideFreezeDocument, { input })).overrideFreeze;
  ui.say(`Freezes no longer hold ${run.id} back. ${ui.paint.dim(`slipway watch ${run.id}`)}`);
  ui.answer({ execution });
}
