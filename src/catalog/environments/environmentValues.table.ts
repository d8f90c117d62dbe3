import { column, references, table } from '../../kernel/database/table';

/** Variables that an environment had from a time on. */
export interface EnvironmentValues {
  readonly number: number;
  readonly environmentId: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly changedAt: Date;
}

/** Append-only history. A trigger on `environment` writes it, so no statement can change variables without it. */
export const environmentValuesTable = table<EnvironmentValues>('environment_values', {
  columns: {
    number: { ...column.bigint, primary: true, generated: 'increment' },
    environmentId: column.uuid,
    variables: column.json,
    changedAt: column.time,
  },
  foreignKeys: [references('environment', 'environmentId')],
  indices: [{ name: 'environment_values_at', columns: ['environmentId', 'changedAt', 'number'], unique: true }],
});
