import { column, references, table } from '../../kernel/database/table';

/** Freeze as it was from a given time on, even after its deletion. */
export interface FreezeVersion {
  readonly number: number;
  readonly freezeId: string;
  /** Row of the freeze. */
  readonly data: object;
  readonly changedAt: Date;
}

/** Append-only history. A trigger on `deployment_freeze` writes it, so no statement can change a freeze without it. */
export const freezeVersionTable = table<FreezeVersion>('freeze_version', {
  columns: {
    number: { ...column.bigint, primary: true, generated: 'increment' },
    freezeId: column.uuid,
    data: column.json,
    changedAt: column.time,
  },
  foreignKeys: [references('deployment_freeze', 'freezeId')],
  indices: [{ name: 'freeze_version_at', columns: ['freezeId', 'changedAt', 'number'], unique: true }],
});
