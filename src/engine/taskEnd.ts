/** How a task ended, as an agent reports it or the server decides it. */
export interface TaskEnd {
  readonly taskId: string;
  readonly status: 'SUCCESS' | 'FAILED' | 'ABORTED' | 'SKIPPED';
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly exitCode: number | null;
  /** Dependents run although it did not succeed. */
  readonly passes?: boolean;
  /** A person has decided: it is not retried, and nobody is asked. */
  readonly decided?: boolean;
}
