import type { JobFacts } from '../contract/jobFacts';
import type { ActorRef } from '../access/actor';
import type { Approval, ApprovalVote } from './approval';
import type { Deployment } from './deployment';
import type {
  AttemptKind,
  DetachedTaskRow,
  Execution,
  ExecutionVariable,
  StageExecution,
  TaskExecution,
  TaskGate,
} from './execution';
import type { StatusAfter } from './machine';
import type { NewGraph } from './newTasks';
import type { Observation } from './observation';
import type { Rollback, RollbackRequest } from './rollback';
import type { TakenSlots, WaitingBeginning } from './beginning';

export interface Change<Row> {
  /** Null for a new row. */
  readonly before: Row | null;
  readonly after: Row;
}

/** Next attempt of an execution; its inputs are on the execution. */
export interface AttemptStart {
  readonly executionId: string;
  readonly kind: AttemptKind;
  readonly cause: ActorRef;
  readonly reason: string | null;
  readonly fromStage: string | null;
  readonly base: number | null;
  /** Tasks of earlier attempts that it does not show; null: the same as for its base. */
  readonly dropped: readonly string[] | null;
  readonly createdAt: Date;
}

/** A job to create: one try of one task. */
export interface QueuedJob {
  readonly id: string;
  readonly taskExecutionId: string;
  readonly executionId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly labels: readonly string[];
  readonly timeoutMs: number;
  readonly graceMs: number;
}

export interface JobEnding {
  readonly jobId: string;
  readonly status: StatusAfter<'job', 'withdraw' | 'finish' | 'lose'>;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  /** True if the log could not be delivered in full. */
  readonly truncated: boolean;
  /** SHA-256 of its log and size of all its output, as the agent reports them. */
  readonly log?: { readonly sha256: string | null; readonly written: number | null };
  /** True if the agent ended it: its claim is kept, so that a repeat of its finish is recognized. */
  readonly claimHolds: boolean;
  /** Reported by its agent. */
  readonly facts?: JobFacts | null;
}

export interface ApprovalDecided {
  readonly id: string;
  readonly status: StatusAfter<'approval', 'decide' | 'close'>;
  readonly comments: string | null;
  /** Values of its form. */
  readonly given: Approval['given'];
}

/** What begins, what waits to begin, and holders that have ended. */
export interface SlotChanges {
  taken: TakenSlots[];
  waiting: WaitingBeginning[];
  readonly freed: string[];
}

/** All changes of one decision. `runs/apply.ts` writes them, one statement per table, and commits. */
export interface Changes {
  readonly executions: Map<string, Change<Execution>>;
  readonly attempts: AttemptStart[];
  readonly stages: Map<string, Change<StageExecution>>;
  /** Elements of new attempts, by execution. */
  readonly plans: Map<string, readonly StageExecution[]>;
  readonly graphs: { readonly executionId: string; readonly graph: NewGraph }[];
  readonly innerGraphs: NewGraph[];
  readonly tasks: Map<string, Change<TaskExecution>>;
  readonly gates: Map<string, TaskGate>;
  /** Dependents of the new tasks and gates. */
  readonly edges: Map<string, string[]>;
  readonly detached: DetachedTaskRow[];
  readonly startBy: { readonly id: string; readonly startBy: Date }[];
  readonly approvals: Approval[];
  /**
   * Waiting approvals that were reminded or escalated, with other approvers or another subject, or whose last approver
   * is gone or back.
   */
  readonly approvers: Approval[];
  readonly decided: ApprovalDecided[];
  readonly votes: ApprovalVote[];
  /** Approvals whose votes no longer count. */
  readonly voided: string[];
  readonly jobs: QueuedJob[];
  readonly ended: JobEnding[];
  /** Started jobs that are asked to end. */
  readonly canceled: string[];
  /** Jobs that leave the queue without an end, and jobs that return to it. */
  readonly withheld: string[];
  readonly requeued: string[];
  readonly variables: ExecutionVariable[];
  readonly deployments: Map<string, Change<Deployment>>;
  /** Origins of new runs that are rollbacks. */
  readonly rollbacks: Rollback[];
  /** Stages that failed and ask for a rollback. */
  readonly rollbackRequests: RollbackRequest[];
  /** New runs that observe environments. */
  readonly observations: Observation[];
  readonly slots: SlotChanges;
  readonly events: {
    readonly runId: string;
    readonly executionId: string;
    readonly type: string;
    readonly data: unknown;
  }[];
}

export const noChanges = (): Changes => ({
  executions: new Map(),
  attempts: [],
  stages: new Map(),
  plans: new Map(),
  graphs: [],
  innerGraphs: [],
  tasks: new Map(),
  gates: new Map(),
  edges: new Map(),
  detached: [],
  startBy: [],
  approvals: [],
  approvers: [],
  decided: [],
  votes: [],
  voided: [],
  jobs: [],
  ended: [],
  canceled: [],
  withheld: [],
  requeued: [],
  variables: [],
  deployments: new Map(),
  rollbacks: [],
  rollbackRequests: [],
  observations: [],
  slots: { taken: [], waiting: [], freed: [] },
  events: [],
});
