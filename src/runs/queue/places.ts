import type { Place } from './job';

/** Distance of ranks of jobs that arrive one after the other, as the sequence of `ready_job.rank` makes them. */
export const RANK_GAP = 1_048_576;

export const comparePlaces = (a: Place, b: Place): number =>
  a.precedence - b.precedence || a.share - b.share || a.rank - b.rank;

/** Where jobs move to: directly in front of or behind a job that waits. */
export interface Spot {
  readonly anchor: Place;
  readonly side: 'BEFORE' | 'AFTER';
  /** Neighbor of the anchor on that side, without the jobs that move. */
  readonly neighbor: Place | null;
}

/**
 * Places for `count` jobs in order. They take over priority and share of the anchor, so the rank decides. Null if the
 * ranks around the spot have to be spread first.
 */
export function placesAt({ anchor, side, neighbor }: Spot, count: number): Place[] | null {
  const { precedence, share } = anchor;
  const isTied = neighbor !== null && neighbor.precedence === precedence && neighbor.share === share;
  const far = side === 'BEFORE' ? anchor.rank - RANK_GAP : anchor.rank + RANK_GAP;
  const other = isTied ? neighbor.rank : far;
  const low = Math.min(anchor.rank, other);
  const step = Math.floor(Math.abs(anchor.rank - other) / (count + 1));
  if (step < 1) return null;
  return Array.from({ length: count }, (_, index) => ({ precedence, share, rank: low + step * (index + 1) }));
}
