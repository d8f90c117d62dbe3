import { column, table } from '../../kernel/database/table';

/** Content in the store. Its row exists before the content does, and is deleted together with it. */
export interface StoredContent {
  readonly sha256: string;
  readonly size: number;
  /** Time at which the sweep looks for references. Null while something refers to it. */
  readonly checkAt: Date | null;
}

export const storedContentTable = table<StoredContent>('stored_content', {
  columns: {
    sha256: { ...column.text, primary: true },
    size: column.bigint,
    checkAt: column.timeOrNull,
  },
  checks: [{ name: 'stored_content_sha256', expression: `sha256 ~ '^[0-9a-f]{64}$'` }],
  indices: [{ name: 'stored_content_check', columns: ['checkAt'], where: 'check_at IS NOT NULL' }],
});
