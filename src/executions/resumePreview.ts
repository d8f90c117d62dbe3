import type { Actor } from '../access/actor';
import { requireReadable } from '../access/visible';
import type { App } from '../app';
import { isId } from '../ids';
import { notFound, Refusal } from '../refusal';
import type { Execution, StageExecution } from './execution';
import { findExecution } from './executions.store';
import { decideResume, type ResumeChoice, refuseAttempt } from './resumeDecision';
import { requireStages, resumeToken } from './resumeExecution';
import { taskChoice } from './resumeWorkflow';
import { findCurrentStages } from './stages.store';

export interface ResumePreview {
  readonly allowed: boolean;
  readonly refusals: readonly { readonly code: string; readonly message: string }[];
  readonly willRun: readonly PreviewedStage[];
  readonly kept: readonly PreviewedStage[];
  /** Approvals that will be asked for anew. */
  readonly askedAgain: readonly string[];
  readonly environmentIds: readonly string[];
  readonly planToken: string | null;
}

export interface PreviewedStage {
  readonly elementId: string;
  readonly stageName: string;
  readonly stepName: string;
  readonly status: string;
  readonly tasksThatRun: readonly string[];
  readonly tasksKept: readonly string[];
}

/** What a resume would do; writes nothing. */
export async function previewResume(
  app: App,
  actor: Actor,
  input: ResumeChoice & { readonly applicationId: string; readonly pipelineExecutionId: string },
): Promise<ResumePreview> {
  const execution = isId(input.pipelineExecutionId)
    ? await findExecution(app.database, input.pipelineExecutionId)
    : undefined;
  if (execution?.kind !== 'PIPELINE' || execution.applicationId !== input.applicationId) {
    throw notFound('pipeline execution', input.pipelineExecutionId);
  }
  await requireReadable(app, actor.access, 'Execution', execution);
  const decision = decideResume(execution, await findCurrentStages(app.database, [execution.id]), input);
  if (decision instanceof Refusal) {
    const refusals = [{ code: decision.code, message: decision.message }];
    return { allowed: false, refusals, willRun: [], kept: [], askedAgain: [], environmentIds: [], planToken: null };
  }
  const denied = await refusalOf(requireStages(app.database, actor, execution, decision.again));
  const byTask = input.granularity === 'TASK';
  const members = decision.again.flatMap((stage) => stage.workflowExecutionId ?? []);
  const tasks = await taskChoice(app.database, members, false);
  const describe = (stage: StageExecution): PreviewedStage => {
    const choice = (stage.workflowExecutionId !== null && tasks.get(stage.workflowExecutionId)) || {
      kept: [],
      again: [],
    };
    const inPlace = byTask && stage.stageIndex === decision.stageIndex;
    const { elementId, stageName, stepName, status } = stage;
    return {
      elementId,
      stageName,
      stepName,
      status,
      tasksThatRun: inPlace ? choice.again : [...choice.kept, ...choice.again],
      tasksKept: inPlace ? choice.kept : [],
    };
  };
  return {
    allowed: denied === null,
    refusals: denied === null ? [] : [{ code: denied.code, message: denied.message }],
    willRun: decision.again.map(describe),
    kept: decision.kept.map((stage) => ({ ...describe(stage), tasksThatRun: [], tasksKept: [] })),
    askedAgain: decision.again.filter((stage) => stage.kind === 'APPROVAL').map((stage) => stage.stepName),
    environmentIds: [...new Set(decision.again.flatMap((stage) => stage.environmentId ?? []))],
    planToken: denied === null ? resumeToken(execution, input) : null,
  };
}

async function refusalOf(work: Promise<void>): Promise<Refusal | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

export interface Resumability {
  readonly resumable: boolean;
  readonly reason: string | null;
  readonly stages: readonly { name: string; elementId: string; resumable: boolean; reason: string | null }[];
}

/** Whether, and from which of its stages, an execution can go on: by the same rules that the mutation follows. */
export function resumability(execution: Execution, stages: readonly StageExecution[]): Resumability {
  const refusal = refuseAttempt(execution, 'resume');
  return {
    resumable: refusal === null,
    reason: refusal?.message ?? null,
    stages: stages.map((stage) => {
      const decision = decideResume(execution, stages, { pipelineStageElementId: stage.elementId });
      const refused = decision instanceof Refusal;
      return {
        name: stage.stageName,
        elementId: stage.elementId,
        resumable: !refused,
        reason: refused ? decision.message : null,
      };
    }),
  };
}
