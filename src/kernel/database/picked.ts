import type { EntitySchema } from 'typeorm';
import { snakeCase } from './naming';

/**
 * Columns that a read selects, by result name. The rows still have the type of whole rows: the caller that picks knows
 * which columns are read. Times as text are for the API, which returns them without creating a Date.
 */
export type Picked<T> = Readonly<Record<string, { readonly of: keyof T & string; readonly asText: boolean }>>;

export const wholeRow = <T>({ options: { columns } }: EntitySchema<T>): Picked<T> =>
  Object.fromEntries(Object.keys(columns).map((name) => [name, { of: name as keyof T & string, asText: false }]));

/** `stage.element_id AS "pipelineStageElementId", …`; `aliasOf` returns the alias of the table that has a property. */
export function pickedColumns<T>(picked: Picked<T>, aliasOf: (property: keyof T & string) => string): string {
  const columns = Object.entries(picked).map(([name, { of, asText }]) => {
    const column = `${aliasOf(of)}.${snakeCase(of)}`;
    return `${asText ? `(${column} AT TIME ZONE 'UTC')::text` : column} AS "${name}"`;
  });
  return columns.join(', ');
}
