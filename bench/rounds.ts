import { percentile } from './harness';

export const median = (values: readonly number[]): number => percentile(values, 0.5);

const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

/** Medians of the rounds, ours and the peer's, and how many times the peer's ours is. */
export const ratio = (ours: readonly number[], theirs: readonly number[]): string =>
  `${shown(median(ours))} / ${shown(median(theirs))}   × ${(median(ours) / median(theirs)).toFixed(2)}`;
