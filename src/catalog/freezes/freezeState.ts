import type { Freeze } from './freezes';
import { type Span, spanAfter, spanAt } from './recurrence';

/** Facts about a freeze that decide when it holds deployments back. */
export type FreezeRule = Pick<Freeze, 'id' | 'kind' | 'startsAt' | 'endsAt' | 'timeZone' | 'recurrence'>;

/** A deployment, as far as exceptions depend on it. */
export interface FreezeSubject {
  /** Services that it deploys. */
  readonly serviceIds: readonly string[];
  /** True if the user who began it is a member of this group. */
  readonly isInGroup: (id: string) => boolean;
}

/** Freezes without those that make an exception for a deployment. An exception of one window counts for all windows. */
export function withoutExceptions<F extends FreezeRule & FreezeExceptions>(
  freezes: readonly F[],
  { serviceIds, isInGroup }: FreezeSubject,
): F[] {
  const excepted = new Set(
    freezes.filter(
      ({ exceptServiceIds, exceptGroupIds }) =>
        (serviceIds.length > 0 && serviceIds.every((id) => exceptServiceIds.includes(id))) ||
        exceptGroupIds.some(isInGroup),
    ),
  );
  const anyTime = [...excepted].some(({ kind }) => kind === 'DEPLOYMENT_WINDOW');
  return freezes.filter((one) => !excepted.has(one) && !(anyTime && one.kind === 'DEPLOYMENT_WINDOW'));
}

type FreezeExceptions = Pick<Freeze, 'exceptServiceIds' | 'exceptGroupIds'>;

/** Freeze that holds deployments to an environment back, and the moment at which they may begin. */
export interface Closed<F> {
  readonly freeze: F;
  /** Start of the window of the freeze; null if a deployment window is not open. */
  readonly from: Date | null;
  /** Null: no end is known. Considers all freezes that overlap or follow each other. */
  readonly until: Date | null;
}

/** Limits of the search for an end or a next freeze: beyond them it is unknown. */
const STEPS = 200;
const HORIZON_MS = 3 * 366 * 86_400_000;

/**
 * The one place that decides if deployments to an environment are held back at a moment. `freezes` are those that cover
 * the environment. Deployments wait within each freeze and, if there are deployment windows, outside of all of them.
 */
export function closedAt<F extends FreezeRule>(freezes: readonly F[], at: Date): Closed<F> | null {
  const first = blockerAt(freezes, at.getTime());
  if (first === null) return null;
  const from = first.from === null ? null : new Date(first.from);
  const horizon = at.getTime() + HORIZON_MS;
  let until = first.until;
  for (let step = 0; until !== null; step++) {
    const next = blockerAt(freezes, until);
    if (next === null) return { freeze: first.freeze, from, until: new Date(until) };
    until = step < STEPS && until < horizon ? next.until : null;
  }
  return { freeze: first.freeze, from, until: null };
}

/** First time after this moment at which deployments are held back that are not held back before it. */
export function nextClosed<F extends FreezeRule>(freezes: readonly F[], at: Date): Closed<F> | null {
  const now = closedAt(freezes, at);
  if (now !== null && now.until === null) return null;
  const horizon = at.getTime() + HORIZON_MS;
  let time: number | null = now?.until?.getTime() ?? at.getTime();
  for (let step = 0; step < STEPS && time !== null && time < horizon; step++) {
    time = nextChange(freezes, time);
    const closed = time === null ? null : closedAt(freezes, new Date(time));
    if (closed !== null && time !== null) return { ...closed, from: new Date(time) };
  }
  return null;
}

/** Reason for waiting, or for a refusal. */
export function frozenText(
  environment: string,
  { freeze, until }: Closed<Pick<Freeze, 'name' | 'kind' | 'reason'>>,
): string {
  const held =
    freeze.kind === 'FREEZE'
      ? `environment "${environment}" is frozen by "${freeze.name}"`
      : `environment "${environment}" is outside of its deployment windows ("${freeze.name}")`;
  return `${held} ${until === null ? 'without a known end' : `until ${until.toISOString()}`}: ${freeze.reason}`;
}

interface Blocker<F> {
  readonly freeze: F;
  readonly from: number | null;
  readonly until: number | null;
}

/** What holds deployments back at a moment: the freeze that ends last, or else the window that opens next. */
function blockerAt<F extends FreezeRule>(freezes: readonly F[], at: number): Blocker<F> | null {
  const frozen = spansOf(ofKind(freezes, 'FREEZE'), (one) => spanAt(one, at));
  const last = frozen.sort((a, b) => endOf(b) - endOf(a))[0];
  if (last !== undefined) return last;
  const windows = ofKind(freezes, 'DEPLOYMENT_WINDOW');
  const [any] = windows;
  if (any === undefined || windows.some((one) => spanAt(one, at) !== null)) return null;
  const opening = spansOf(windows, (one) => spanAfter(one, at)).sort((a, b) => a.from - b.from)[0];
  return { freeze: opening?.freeze ?? any, from: null, until: opening?.from ?? null };
}

/** First moment after this one at which a freeze begins or an open window closes. */
function nextChange<F extends FreezeRule>(freezes: readonly F[], at: number): number | null {
  const begins = spansOf(ofKind(freezes, 'FREEZE'), (one) => spanAfter(one, at)).map(({ from }) => from);
  const closes = spansOf(ofKind(freezes, 'DEPLOYMENT_WINDOW'), (one) => spanAt(one, at)).flatMap(
    ({ until }) => until ?? [],
  );
  return begins.length + closes.length === 0 ? null : Math.min(...begins, ...closes);
}

const ofKind = <F extends FreezeRule>(freezes: readonly F[], kind: FreezeRule['kind']): F[] =>
  freezes.filter((one) => one.kind === kind);

const spansOf = <F>(freezes: readonly F[], find: (freeze: F) => Span | null): (Span & { readonly freeze: F })[] =>
  freezes.flatMap((freeze) => {
    const span = find(freeze);
    return span === null ? [] : [{ ...span, freeze }];
  });

const endOf = ({ until }: Span): number => until ?? Number.POSITIVE_INFINITY;
