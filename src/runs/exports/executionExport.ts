/** Export of executions: an archive that any server may write, with a link that works until it expires. */
export interface ExecutionExport {
  readonly id: string;
  readonly status: ExportStatus;
  /** Those that the filters selected and the caller might see at the request. */
  readonly executionIds: readonly string[];
  /** Workflow executions of those, as far as the caller might see them. */
  readonly memberIds: readonly string[];
  /** User who asked for it, or an API key without one. */
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** While it is QUEUED: time from which a server may take it. A server that writes it moves the time ahead. */
  readonly dueAt: Date | null;
  /** Number of times that a server took it. A server that took it earlier has lost it. */
  readonly tries: number;
  /** Content, if it is READY. */
  readonly sha256: string | null;
  readonly size: number | null;
  readonly errorMessage: string | null;
}

export const exportStatus = {
  name: 'ExportExecutionsStatus',
  description: 'Status of an export.',
  values: {
    QUEUED: 'A server is writing it, or will.',
    READY: 'It can be downloaded.',
    FAILED: 'It could not be written; `errorMessage` has the reason.',
    EXPIRED: 'It was deleted.',
  },
} as const;
export type ExportStatus = keyof (typeof exportStatus)['values'];

/** Limits of FirstGen. */
export const MOST_EXECUTIONS = 1000;
export const MOST_A_DAY = 25;
export const KEPT_HOURS = 72;
