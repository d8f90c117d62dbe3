import { idCondition } from '../kernel/filters';
import type { IdFilter } from '../kernel/filters';

/** What lists of environments, services, workflows and pipelines can be restricted by alike. */
export interface PartFilter {
  readonly application?: IdFilter | null | undefined;
  readonly id?: IdFilter | null | undefined;
  readonly name?: IdFilter | null | undefined;
}

/** Conditions on `row`. `kind` is what the filter calls the id of the thing itself. */
export function partConditions(filter: PartFilter, kind: string, field: string, parameters: unknown[]): string[] {
  const conditions: string[] = [];
  const { application, id, name } = filter;
  if (application) {
    conditions.push(
      idCondition('row.application_id', application, parameters, { field: `${field}.application`, type: 'uuid' }),
    );
  }
  if (id) conditions.push(idCondition('row.id', id, parameters, { field: `${field}.${kind}`, type: 'uuid' }));
  if (name) conditions.push(idCondition('row.name', name, parameters, { field: `${field}.name` }));
  return conditions;
}
