import type { ExecutionFilter } from '../../../client/generated';
import { timeNow } from '../../data/now';
import type { UrlState } from '../../data/urlState';

/** Filters by one of several ids, by the name of their parameter in the address. */
export const idFilters = ['application', 'pipeline', 'workflow', 'environment', 'service', 'status'] as const;
export type IdFilterName = (typeof idFilters)[number];

const HOUR = 3_600_000;

/** Times since which runs are shown, by the value in the address. */
export const periods: Readonly<Record<string, { readonly label: string; readonly ms: number }>> = {
  '1h': { label: 'Last hour', ms: HOUR },
  '24h': { label: 'Last 24 hours', ms: 24 * HOUR },
  '7d': { label: 'Last 7 days', ms: 7 * 24 * HOUR },
  '30d': { label: 'Last 30 days', ms: 30 * 24 * HOUR },
};

/** Filters of the server for the choices in the address. `me` is the id of who is signed in. */
export function filtersOf(choices: Pick<UrlState, 'all' | 'get'>, me: string | undefined): ExecutionFilter[] {
  const filters: ExecutionFilter[] = [];
  for (const name of idFilters) {
    const values = choices.all(name);
    if (values.length > 0) filters.push({ [name]: { operator: 'IN', values } });
  }
  const by = choices.get('by') === 'me' ? me : choices.get('by');
  if (by) filters.push({ triggeredBy: { operator: 'EQUALS', values: [by] } });
  const period = periods[choices.get('since')];
  if (period !== undefined) {
    // To the minute, so that the filters, and with them the list, stay the same between two renders.
    const since = Math.floor((timeNow() - period.ms) / 60_000) * 60_000;
    filters.push({ creationTime: { operator: 'AFTER', value: new Date(since).toISOString() } });
  }
  return filters;
}
