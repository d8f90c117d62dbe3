import type { QueueFilter } from '../../../client/generated';
import type { UrlState } from '../../data/urlState';

/** Groups of priorities, by their value in the address. */
export const priorities: Readonly<
  Record<string, { readonly label: string; readonly filter: QueueFilter['priority'] }>
> = {
  high: { label: 'Above 0', filter: { operator: 'GREATER_THAN', values: [0] } },
  normal: { label: '0', filter: { operator: 'EQUALS', values: [0] } },
  low: { label: 'Below 0', filter: { operator: 'LESS_THAN', values: [0] } },
};

/** Filters of the server for the choices in the address. */
export function filtersOf(choices: Pick<UrlState, 'all' | 'get'>): QueueFilter[] {
  const filters: QueueFilter[] = [];
  const applications = choices.all('application');
  if (applications.length > 0) filters.push({ application: { operator: 'IN', values: [...applications] } });
  const run = choices.get('run');
  if (run !== '') filters.push({ pipelineExecutionId: { operator: 'EQUALS', values: [run] } });
  const labels = choices.all('label');
  if (labels.length > 0) filters.push({ labels: [...labels] });
  const priority = priorities[choices.get('priority')];
  if (priority !== undefined) filters.push({ priority: priority.filter });
  return filters;
}
