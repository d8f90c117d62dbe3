import type { ArtifactFilterInput } from '../../../client/generated';
import { timeNow } from '../../data/now';
import type { UrlState } from '../../data/urlState';

const HOUR = 3_600_000;
const MIB = 1024 ** 2;

/** Times since which artifacts are shown, by the value in the address. */
export const periods: Readonly<Record<string, { readonly label: string; readonly ms: number }>> = {
  '24h': { label: 'Last 24 hours', ms: 24 * HOUR },
  '7d': { label: 'Last 7 days', ms: 7 * 24 * HOUR },
  '30d': { label: 'Last 30 days', ms: 30 * 24 * HOUR },
};

export const sizes: Readonly<Record<string, { readonly label: string; readonly bytes: number }>> = {
  '1m': { label: 'Over 1 MiB', bytes: MIB },
  '100m': { label: 'Over 100 MiB', bytes: 100 * MIB },
  '1g': { label: 'Over 1 GiB', bytes: 1024 * MIB },
};

/** States by the value in the address. Without one, all that can be downloaded. */
export const states: Readonly<Record<string, { readonly label: string; readonly filter: ArtifactFilterInput }>> = {
  pinned: { label: 'Pinned', filter: { pinned: true, deleted: false } },
  unpinned: { label: 'Not pinned', filter: { pinned: false, deleted: false } },
  deleted: { label: 'Deleted', filter: { deleted: true } },
  all: { label: 'All, deleted too', filter: {} },
};

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const equals = (value: string) => ({ operator: 'EQUALS' as const, values: [value] });

export interface ArtifactSearch {
  readonly filters: ArtifactFilterInput[];
  readonly search: string | null;
}

/** Filters of the server for the choices in the address. */
export function searchOf(url: Pick<UrlState, 'all' | 'get'>): ArtifactSearch {
  const filters: ArtifactFilterInput[] = [states[url.get('state')]?.filter ?? { deleted: false }];
  for (const name of ['application', 'pipeline', 'workflow'] as const) {
    const values = url.all(name);
    if (values.length > 0) filters.push({ [name]: { operator: 'IN', values } });
  }
  if (url.get('run') !== '') filters.push({ execution: equals(url.get('run')) });
  const size = sizes[url.get('size')];
  if (size !== undefined) filters.push({ size: { operator: 'GREATER_THAN', values: [size.bytes] } });
  const period = periods[url.get('since')];
  if (period !== undefined) {
    // To the minute, so that the filters, and with them the list, stay the same between two renders.
    const since = Math.floor((timeNow() - period.ms) / 60_000) * 60_000;
    filters.push({ createdAt: { operator: 'AFTER', value: new Date(since).toISOString() } });
  }
  const text = url.get('text').trim();
  if (/^[0-9a-f]{64}$/i.test(text))
    return { filters: [...filters, { sha256: equals(text.toLowerCase()) }], search: null };
  if (UUID.test(text)) return { filters: [...filters, { execution: equals(text) }], search: null };
  if (text.includes('*')) return { filters: [...filters, { name: text }], search: null };
  return { filters, search: text === '' ? null : text };
}
