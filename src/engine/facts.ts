import type { Freeze } from '../catalog/freezes/freezes';
import type { Concurrency } from '../catalog/language/concurrency';
import type { PipelineDefinition } from '../catalog/language/pipeline';
import type { WorkflowDefinition } from '../catalog/language/workflow';
import type { Approval } from './approval';
import type { ConditionFacts, TaskFact } from './conditionScope';
import type { Deployment, Doubts, Standing } from './deployment';
import type { SlotState } from './beginning';
import type {
  DetachedTaskRow,
  Execution,
  ExecutionAttempt,
  ExecutionVariable,
  StageExecution,
  TaskExecution,
  TaskGate,
} from './execution';

/** Facts that a decision can know of runs, by kind; `runs/load.ts` reads each kind. Keys are IDs unless noted. */
export interface FactKinds {
  execution: Execution;
  /** Executions of a run's members that are not final, by run. */
  members: readonly Execution[];
  /** Executions of the workflows that a run shows, by run. */
  shownMembers: readonly Execution[];
  /** Newest attempt of an execution. */
  attempt: ExecutionAttempt;
  pipeline: PipelineDefinition;
  workflow: WorkflowDefinition;
  /** Elements that the newest attempt of an execution shows, in order. */
  elements: readonly StageExecution[];
  /** Undecided approvals of an execution. */
  approvals: readonly Approval[];
  /** All approvals of an execution, in the order of their requests. */
  allApprovals: readonly Approval[];
  /** Key: environment, space, service. */
  standing: Standing | null;
  /** Loads `standing` of everything that the elements of an execution deploy. */
  standingOf: true;
  task: TaskExecution;
  detached: DetachedTaskRow;
  gate: TaskGate;
  /** Tasks and gates that wait for a task or gate. */
  dependents: readonly string[];
  frontier: Frontier;
  /** Tasks of a run that are not final, including detached ones. */
  openTasks: readonly TaskExecution[];
  /** Tasks of an execution that no agent has started, or that wait for a person. */
  unstarted: readonly TaskExecution[];
  running: readonly TaskExecution[];
  /** Tasks of an execution that have a job. */
  busy: readonly Pick<TaskExecution, 'id' | 'name'>[];
  skipped: readonly TaskExecution[];
  /** Failures of the newest attempt of an execution, in order, before canceled tasks. At most 100. */
  failed: readonly TaskExecution[];
  /** Tasks of `finally` of an execution that are not final. */
  finally: readonly TaskExecution[];
  /** End of the standard error of a task's newest job, or of its output if it has none. */
  errorEnd: string;
  /** True if a failure already has a handler. Keys are made by `handlerKey`. */
  handled: boolean;
  variables: readonly ExecutionVariable[];
  environment: NonNullable<ConditionFacts['environment']> & { readonly concurrency: Concurrency | null };
  /** Deployments of an execution that have not ended. */
  deployments: readonly Deployment[];
  /** Tasks of an execution that prevent its deployment as a whole. */
  doubts: Doubts;
  serviceName: string;
  /** Freezes that cover an environment. */
  freezes: readonly Freeze[];
  /** Groups of a user or API key. */
  groupIds: ReadonlySet<string>;
  /** Reason that an element or execution that waits to begin shows; null if it does not wait. Key: its ID. */
  delay: string | null;
  /** Key made by `slotFact`. */
  slot: SlotState;
  /** Key: application, space, environment or nothing. */
  secretNames: ReadonlySet<string>;
  /** Key: execution, space, name of a task. */
  taskFact: TaskFact | null;
}
export type FactKind = keyof FactKinds;

/**
 * Tasks at which the graph of an execution can proceed: enough for a decision that changes at most `reach` of its
 * tasks.
 */
export interface Frontier {
  readonly reach: number;
  /** Tasks that are ready and have no job, in order. */
  readonly ready: readonly TaskExecution[];
  /** First tasks that are not final, in order; empty in the mode WORK_STEALING, which does not need them. */
  readonly open: readonly Pick<TaskExecution, 'id' | 'level' | 'ordinal'>[];
}

export interface Want {
  readonly kind: FactKind;
  readonly key: string;
  /** Reach of a frontier. */
  readonly reach?: number;
}

/** Facts of several kinds with the same key. */
export const wantsOf = (key: string, ...kinds: readonly FactKind[]): Want[] => kinds.map((kind) => ({ kind, key }));

/** Thrown by a decision that needs more facts. They are loaded, and the decision starts again from its beginning. */
export class Missing extends Error {
  constructor(readonly wants: readonly Want[]) {
    super(`not loaded: ${wants.map(({ kind, key }) => `${kind} ${key}`).join(', ')}`);
  }
}

/** Facts that were loaded under the locks of their runs. */
export class Facts {
  private readonly known = new Map<string, unknown>();

  set<K extends FactKind>(kind: K, key: string, value: FactKinds[K]): void {
    this.known.set(`${kind} ${key}`, value);
  }

  get<K extends FactKind>(kind: K, key: string): FactKinds[K] | undefined {
    return this.known.get(`${kind} ${key}`) as FactKinds[K] | undefined;
  }

  has({ kind, key, reach }: Want): boolean {
    const value = this.known.get(`${kind} ${key}`);
    return value !== undefined && (reach === undefined || (value as Frontier).reach >= reach);
  }
}
