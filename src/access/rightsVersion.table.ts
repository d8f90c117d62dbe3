import { tableOf } from '../kernel/database/table';
import { field } from '../kernel/fields';

/** Single row with the version of all rights; see README.md, "How long rights are true". */
export const rightsVersionTable = tableOf(
  'rights_version',
  { id: { ...field.integer(), column: { type: 'integer', primary: true } as const }, version: field.integer() },
  { checks: [{ name: 'rights_version_one_row', expression: 'id = 1' }] },
);
