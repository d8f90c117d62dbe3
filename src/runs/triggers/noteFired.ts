import type { App } from '../app';
import type { Firing } from './firings.table';

/** Counts a firing that has an outcome. Called after the commit. */
export function noteFired({ observers }: App, { kind, status }: Pick<Firing, 'kind' | 'status'>): void {
  if (status === 'PENDING') return;
  for (const observer of observers) observer.fired({ kind, status });
}
