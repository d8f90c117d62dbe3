import { timeNow } from '../../data/now';
import type { UrlState } from '../../data/urlState';
import type { AuditFilterInput } from './generated';

const HOUR = 3_600_000;

/** Times since which records are shown, by the value in the address. */
export const periods: Readonly<Record<string, { readonly label: string; readonly ms: number }>> = {
  '1h': { label: 'Last hour', ms: HOUR },
  '24h': { label: 'Last 24 hours', ms: 24 * HOUR },
  '7d': { label: 'Last 7 days', ms: 7 * 24 * HOUR },
  '30d': { label: 'Last 30 days', ms: 30 * 24 * HOUR },
};

/** Filters of the server for the choices in the address. */
export function filtersOf(url: Pick<UrlState, 'all' | 'get'>): AuditFilterInput[] {
  const filters: AuditFilterInput[] = [];
  for (const name of ['action', 'actor', 'object', 'application'] as const) {
    const values = url.all(name);
    if (values.length > 0) filters.push({ [name]: { operator: 'IN', values } });
  }
  const outcome = url.get('outcome');
  if (outcome === 'ALLOWED' || outcome === 'REFUSED') filters.push({ outcome });
  const period = periods[url.get('since')];
  if (period !== undefined) {
    // To the minute, so that the filters, and with them the list, stay the same between two renders.
    const since = Math.floor((timeNow() - period.ms) / 60_000) * 60_000;
    filters.push({ time: { operator: 'AFTER', value: new Date(since).toISOString() } });
  }
  return filters;
}
