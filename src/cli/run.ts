import { isFinal } from '../contract/statuses';
import type {
  ExecutionStatus,
  PlacedFragment,
  RunFragment as Run,
  StageFragment as Stage,
  TaskFragment as Task,
} from '../client/generated';
import { moment } from './ui';

export type { Run, Stage, Task };

/** `app/release` */
export function nameOf(run: {
  readonly application: { readonly name: string } | null;
  readonly pipeline?: { readonly name: string } | null;
  readonly workflow?: { readonly name: string } | null;
}): string {
  return `${run.application?.name ?? '?'}/${run.pipeline?.name ?? run.workflow?.name ?? '?'}`;
}

/** The name of an actor; of a person's key, with its owner. */
export const actorName = ({ name, owner }: { readonly name: string; readonly owner: string | null }): string =>
  owner === null ? name : `${name} (${owner})`;

export const stagesOf = (run: Run): readonly Stage[] =>
  run.__typename === 'PipelineExecution' ? run.pipelineStageExecutions : [];

/** Extensions and restores of a run, newest first. */
export const operationsOf = (run: Run) => (run.__typename === 'PipelineExecution' ? run.operations : []);

/** Tasks of a workflow, including those of `finally`. */
export const tasksOf = ({
  tasks,
  finallyTasks,
}: Record<'tasks' | 'finallyTasks', readonly Task[]>): readonly Task[] => [...tasks, ...finallyTasks];

/** The tasks of a standalone workflow. */
export const ownTasks = (run: Run): readonly Task[] => (run.__typename === 'WorkflowExecution' ? tasksOf(run) : []);

export const isOver = (status: string): boolean => isFinal(status as Parameters<typeof isFinal>[0]);

/** Place in which a restore task runs: `web to staging › switch-back on staging`. */
export const inPlace = ({ name, stageExecution: stage }: PlacedFragment): string =>
  stage === null
    ? name
    : `${stage.pipelineStepName} › ${name}${stage.environment ? ` on ${stage.environment.name}` : ''}`;

export const workflowOf = (stage: Stage) =>
  stage.__typename === 'WorkflowStageExecution' ? stage.workflowExecution : null;

/** The newest approval that a stage element asks for. */
export const approvalOf = (stage: Stage) =>
  stage.__typename === 'ApprovalStageExecution' || stage.__typename === 'WorkflowStageExecution'
    ? stage.approvals.at(-1)
    : undefined;

type Asked = NonNullable<ReturnType<typeof approvalOf>>;

/** People who still have to approve, who has approved, and who may not decide. */
export function askedOf(
  approval: Pick<Asked, 'missing' | 'votes' | 'excluded'> & { approvers?: readonly string[] },
): string {
  const { missing, votes, excluded, approvers = [] } = approval;
  const given = votes.filter(({ counts }) => counts).map(({ by }) => actorName(by));
  const simple = missing === `1 of ${approvers.join(' or ')}`;
  return [
    simple ? approvers.join(', ') : (missing ?? ''),
    ...(given.length > 0 ? [`approved by ${given.join(', ')}`] : []),
    ...(excluded.length > 0 ? [`not ${excluded.join(', ')}`] : []),
  ].join('; ');
}

/** One change of the subject of an approval: `web in production: web:1 → web:2`. */
export const changeLine = ({ what, from, to }: { what: string; from: string | null; to: string | null }): string =>
  `${what}: ${from ?? 'nothing'} → ${to ?? 'nothing'}`;

/** Every workflow of a run that was reached: the execution of its tasks, and the name of its stage element. */
export function workflowsOf(run: Run): { id: string; version: number; step: string | null; tasks: readonly Task[] }[] {
  if (run.__typename === 'WorkflowExecution')
    return [{ id: run.id, version: run.version, step: null, tasks: tasksOf(run) }];
  return run.pipelineStageExecutions.flatMap((stage) => {
    const workflow = workflowOf(stage);
    return workflow ? [{ ...workflow, tasks: tasksOf(workflow), step: stage.pipelineStepName }] : [];
  });
}

/** Stage elements that wait for values from a person. */
export const asking = (run: Run) =>
  stagesOf(run).flatMap((stage) =>
    stage.status === 'PAUSED' && stage.__typename === 'WorkflowStageExecution' && stage.runtimeInputVariables
      ? [{ ...stage, variables: stage.runtimeInputVariables.map(({ name }) => name) }]
      : [],
  );

/** A task or stage element that a person can refer to by its name, `STEP/NAME`, or its id. */
export interface Part {
  readonly name: string;
  readonly label: string;
  readonly status: ExecutionStatus;
  readonly taskId: string | null;
  /** Version of its execution. */
  readonly version: number;
  readonly elementId: string | null;
  readonly waitsUntil: string | null;
}

export const partsOf = (run: Run): Part[] => [
  ...stagesOf(run).map((stage) => ({
    name: stage.pipelineStepName,
    label: stage.pipelineStepName,
    status: stage.status,
    taskId: null,
    version: run.version,
    elementId: stage.pipelineStageElementId,
    waitsUntil: stage.__typename === 'WorkflowStageExecution' ? stage.waitsUntil : null,
  })),
  ...workflowsOf(run).flatMap(({ step, tasks, version }) =>
    tasks.map(({ id, name, status, waitsUntil }) => ({
      name,
      label: step === null ? name : `${step}/${name}`,
      status,
      taskId: id,
      version,
      elementId: null,
      waitsUntil,
    })),
  ),
];

export const failuresThatWait = (run: Run): Part[] =>
  partsOf(run).filter(({ status, waitsUntil }) => status === 'WAITING' && waitsUntil !== null);

/** Name, with the step if several steps have tasks with that name. */
export const shortName = ({ name, label }: Part, among: readonly Part[]): string =>
  among.filter((one) => one.name === name).length > 1 ? label : name;

interface Heeded {
  readonly reminders: number;
  readonly escalations: readonly { readonly to: readonly string[]; readonly at: string; readonly taken: boolean }[];
}

/** Reminders so far, and the state of the escalation. */
export function heed({ reminders, escalations }: Heeded): string {
  const taken = escalations.filter((step) => step.taken).flatMap(({ to }) => to);
  const next = escalations.find((step) => !step.taken);
  return [
    reminders === 0 ? '' : reminders === 1 ? 'reminded once' : `reminded ${reminders} times`,
    taken.length === 0 ? '' : `escalated to ${taken.join(', ')}`,
    next === undefined ? '' : `escalates to ${next.to.join(', ')} at ${moment(next.at)}`,
  ]
    .filter(Boolean)
    .join(', ');
}
