import { column, table } from '../kernel/database/table';

/** The one row that says which state all rights are in. `README.md` ("How long rights are true") says what it is for. */
export interface RightsVersion {
  readonly id: number;
  readonly version: number;
}

export const rightsVersionTable = table<RightsVersion>('rights_version', {
  columns: { id: { ...column.integer, primary: true }, version: column.integer },
  checks: [{ name: 'rights_version_one_row', expression: 'id = 1' }],
});
