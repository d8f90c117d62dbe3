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
  readonly serviceImages: readonly { readonly image: string; readonly service: { readonly name: string } | null }[];
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
  /** Its extensions and restores, the newest first. */
  readonly operations?: readonly {
    readonly id: string;
    readonly kind: string;
    readonly status: string;
    readonly startedAt: string;
    readonly actor: { readonly name: string };
    readonly tasks: readonly RestoreTask[];
    readonly error: { readonly code: string; readonly message: string } | null;
  }[];
  readonly workflow?: { readonly name: string } | null;
  readonly tasks?: readonly Task[];
}

/** Where a restore task belongs: also to an element whose earlier attempt is brought back, which the run shows no more. */
export interface Placed {
  readonly stageExecution: {
    readonly pipelineStageName: string;
    readonly pipelineStepName: string;
    readonly environment: { readonly name: string } | null;
  } | null;
}

export interface RestoreTask extends Placed {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly waitingFor: string | null;
}

export const PLACE = 'stageExecution { pipelineStageName pipelineStepName environment { name } }';

/** `web to staging › switch-back on staging` */
export const inPlace = (name: string, { stageExecution: stage }: Placed): string =>
  stage === null
    ? name
    : `${stage.pipelineStepName} › ${name}${stage.environment ? ` on ${stage.environment.name}` : ''}`;

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
  /** Until when it waits for a person: PAUSED for values, WAITING for a decision about its failure. */
  readonly waitsUntil?: string | null;
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
  /** Until when its failure waits for a person. */
  readonly waitsUntil: string | null;
}

const TASK =
  'id name status reasonCode reason exitCode tries attempt reused ignoredFailure startedAt durationMs waitsUntil';

/** For queries and snapshots: `execution { ...Run }`. */
export const RUN = `fragment Run on Execution {
  __typename id status attempt notes createdAt durationMs failureCode failureDetails lastSequence application { id name }
  serviceImages { image service { name } } inputVariables { name value }
  availableActions { action allowed code message }
  resumability { resumable reason stages { name elementId resumable reason } }
  attempts { attempt kind status fromStage reason createdAt durationMs failureDetails revision { number } revertedBy { id } }
  ... on PipelineExecution {
    pipeline { name }
    operations { id kind status startedAt actor { name } tasks { id name status waitingFor ${PLACE} } error { code message } }
    pipelineStageExecutions {
      pipelineStageElementId pipelineStageName pipelineStepName status reasonCode reason startedAt endedAt
      ... on WorkflowStageExecution { environment { name } waitsUntil runtimeInputVariables { name } workflowExecution { id tasks { ${TASK} } } }
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

/** A task, or an element of a stage, that a person can name: by its name, `STEP/NAME`, or its id. */
export interface Part {
  readonly name: string;
  readonly label: string;
  readonly status: string;
  readonly taskId: string | null;
  readonly elementId: string | null;
  readonly waitsUntil: string | null;
}

export const partsOf = (run: Run): Part[] => [
  ...(run.pipelineStageExecutions ?? []).map((stage) => ({
    name: stage.pipelineStepName,
    label: stage.pipelineStepName,
    status: stage.status,
    taskId: null,
    elementId: stage.pipelineStageElementId,
    waitsUntil: stage.waitsUntil ?? null,
  })),
  ...workflowsOf(run).flatMap(({ step, tasks }) =>
    tasks.map(({ id, name, status, waitsUntil }) => ({
      name,
      label: step === null ? name : `${step}/${name}`,
      status,
      taskId: id,
      elementId: null,
      waitsUntil,
    })),
  ),
];

export const failuresThatWait = (run: Run): Part[] =>
  partsOf(run).filter(({ status, waitsUntil }) => status === 'WAITING' && waitsUntil !== null);

/** Where several steps have tasks of one name, the step belongs to it. */
export const shortName = ({ name, label }: Part, among: readonly Part[]): string =>
  among.filter((one) => one.name === name).length > 1 ? label : name;
