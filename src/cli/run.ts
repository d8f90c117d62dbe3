/** A run as the commands read it: with what happened, why, and what can be done next. */
export interface Run {
  readonly __typename: 'PipelineExecution' | 'WorkflowExecution';
  readonly id: string;
  readonly status: string;
  readonly attempt: number;
  readonly notes: string | null;
  readonly createdAt: string;
  readonly durationMs: number | null;
  readonly failureCode: string | null;
  readonly failureDetails: string | null;
  readonly lastSequence: number;
  readonly application: { readonly id: string; readonly name: string } | null;
  readonly serviceImages: readonly { readonly image: string }[];
  readonly inputVariables: readonly { readonly name: string; readonly value: string }[];
  readonly availableActions: readonly {
    readonly action: string;
    readonly allowed: boolean;
    readonly code: string | null;
    readonly message: string | null;
  }[];
  readonly resumability: {
    readonly resumable: boolean;
    readonly reason: string | null;
    readonly stages: readonly {
      readonly name: string;
      readonly elementId: string;
      readonly resumable: boolean;
      readonly reason: string | null;
    }[];
  };
  readonly attempts: readonly {
    readonly attempt: number;
    readonly kind: string;
    readonly status: string | null;
    readonly fromStage: string | null;
    readonly reason: string | null;
    readonly createdAt: string;
    readonly durationMs: number | null;
    readonly failureDetails: string | null;
    readonly revision: { readonly number: number };
    /** The restore that undid it. */
    readonly revertedBy: { readonly id: string } | null;
  }[];
  readonly pipeline?: { readonly name: string } | null;
  readonly pipelineStageExecutions?: readonly Stage[];
  /** What it can be brought back to, once. */
  readonly restorePoint?: { readonly consumedBy: { readonly id: string } | null } | null;
  /** Its extensions and restores, the newest first. */
  readonly operations?: readonly {
    readonly id: string;
    readonly kind: string;
    readonly status: string;
    readonly startedAt: string;
    readonly actor: { readonly name: string };
    readonly tasks: readonly { readonly name: string; readonly status: string; readonly waitingFor: string | null }[];
    readonly error: { readonly code: string; readonly message: string } | null;
  }[];
  readonly workflow?: { readonly name: string } | null;
  readonly tasks?: readonly Task[];
}

export interface Stage {
  readonly pipelineStageElementId: string;
  readonly pipelineStageName: string;
  readonly pipelineStepName: string;
  readonly status: string;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly environment?: { readonly name: string } | null;
  /** What it is PAUSED for. */
  readonly runtimeInputVariables?: readonly { readonly name: string }[] | null;
  readonly workflowExecution?: { readonly id: string; readonly tasks: readonly Task[] } | null;
  readonly approvals?: readonly {
    readonly status: string;
    readonly approvers: readonly string[];
    readonly comments: string | null;
    readonly willExpireAt: string;
  }[];
}

export interface Task {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly exitCode: number | null;
  readonly tries: number;
  readonly attempt: number;
  readonly reused: boolean;
  readonly ignoredFailure: boolean;
  readonly startedAt: string | null;
  readonly durationMs: number | null;
}

const TASK = 'id name status reasonCode reason exitCode tries attempt reused ignoredFailure startedAt durationMs';

/** For queries and snapshots: `execution { ...Run }`. */
export const RUN = `fragment Run on Execution {
  __typename id status attempt notes createdAt durationMs failureCode failureDetails lastSequence application { id name }
  serviceImages { image } inputVariables { name value }
  availableActions { action allowed code message }
  resumability { resumable reason stages { name elementId resumable reason } }
  attempts { attempt kind status fromStage reason createdAt durationMs failureDetails revision { number } revertedBy { id } }
  ... on PipelineExecution {
    pipeline { name }
    restorePoint { consumedBy { id } }
    operations { id kind status startedAt actor { name } tasks { name status waitingFor } error { code message } }
    pipelineStageExecutions {
      pipelineStageElementId pipelineStageName pipelineStepName status reasonCode reason startedAt endedAt
      ... on WorkflowStageExecution { environment { name } runtimeInputVariables { name } workflowExecution { id tasks { ${TASK} } } }
      ... on ApprovalStageExecution { approvals { status comments willExpireAt ... on UserGroupApprovalDetails { approvers } } }
    }
  }
  ... on WorkflowExecution { workflow { name } tasks { ${TASK} } }
}`;

export const nameOf = (run: Run): string =>
  `${run.application?.name ?? '?'}/${run.pipeline?.name ?? run.workflow?.name ?? '?'}`;

export const isFinal = (status: string): boolean =>
  ['SUCCESS', 'FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED', 'SKIPPED'].includes(status);

/** Each workflow of a run that was reached: the execution that its tasks belong to, and the element of the stage that it is. */
export function workflowsOf(run: Run): { id: string; step: string | null; tasks: readonly Task[] }[] {
  if (run.tasks !== undefined) return [{ id: run.id, step: null, tasks: run.tasks }];
  return (run.pipelineStageExecutions ?? []).flatMap(({ workflowExecution, pipelineStepName }) =>
    workflowExecution ? [{ ...workflowExecution, step: pipelineStepName }] : [],
  );
}

/** The elements of its stages that wait for values from a person. */
export const asking = (run: Run): Stage[] =>
  (run.pipelineStageExecutions ?? []).filter((stage) => stage.status === 'PAUSED' && stage.runtimeInputVariables);
