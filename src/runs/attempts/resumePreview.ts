import type { Actor } from '../../access/actor';
import { findEnvironmentTargets } from '../../access/targets.store';
import { subjectFor } from '../../access/visible';
import type { App } from '../app';
import type { Execution, StageExecution } from '../../engine/execution';
import { requireStages } from '../execution/requireStages';
import { mustAsk } from '../../engine/runtimeInputs';
import { Refusal, refusalOf } from '../../kernel/errors';
import { finallyNames, taskNodes } from '../../catalog/language/taskGraph';
import type { DefinitionChange } from '../../engine/definitionChanges';
import { readOwn, refuseInput } from './inAttempt';
import { decideResume, refuseAttempt } from '../../engine/resumeDecision';
import type { ResumeExecution } from '../commands/resumeExecution';
import { findMovedOn, refuseMovedOn, type Replacement } from '../deployments/movedOn';
import { deployingOf, type Frozen, previewFreezes } from '../freezes/frozen';
import { aimsOf, type PlannedElement, planResume, readStanding } from './resumePlan';
import { resumeToken, workflowResumeToken } from './resumeToken';
import { type ResumeWorkflowExecution, requireEnvironment } from '../commands/resumeWorkflowExecution';
import { aimOfWorkflow, planWorkflowResume, type TaskChoice } from './resumeWorkflowPlan';

export interface ResumePreview {
  readonly allowed: boolean;
  readonly refusals: readonly { readonly code: string; readonly message: string }[];
  readonly willRun: readonly PreviewedStage[];
  readonly kept: readonly PreviewedStage[];
  /** For a standalone workflow. */
  readonly tasksThatRun: readonly string[];
  readonly tasksKept: readonly string[];
  readonly finallyTasks: readonly string[];
  /** Approvals that will be requested again. */
  readonly askedAgain: readonly string[];
  readonly changes: readonly DefinitionChange[];
  readonly environmentAccess: readonly PreviewedEnvironment[];
  /** Deployments of later runs that the resume would replace. */
  readonly replaced: readonly Replacement[];
  /** Freezes that its elements would wait for, or that refuse it. */
  readonly freezes: readonly Frozen[];
  readonly planToken: string | null;
}

export interface PreviewedStage {
  readonly elementId: string;
  readonly stageName: string;
  readonly stepName: string;
  readonly status: string;
  readonly tasksThatRun: readonly string[];
  readonly tasksKept: readonly string[];
  readonly finallyTasks: readonly string[];
}

export interface PreviewedEnvironment {
  readonly environmentId: string;
  readonly allowed: boolean;
  readonly message: string | null;
}

const refused = (refusal: Refusal): ResumePreview => ({
  allowed: false,
  refusals: [refusal].map(({ code, message }) => ({ code, message })),
  ...{ willRun: [], kept: [], tasksThatRun: [], tasksKept: [], finallyTasks: [], askedAgain: [], changes: [] },
  environmentAccess: [],
  replaced: [],
  freezes: [],
  planToken: null,
});

/** Result of a resume of a pipeline execution, from the same plan as the mutation; writes nothing. */
export async function previewResume(app: App, actor: Actor, input: ResumeExecution): Promise<ResumePreview> {
  const db = app.database;
  const execution = await readOwn(app, actor, input.pipelineExecutionId, 'PIPELINE', input.applicationId);
  const plan = await planResume(app, db, execution, await readStanding(db, execution, input), input, true);
  if (plan instanceof Refusal) return refused(plan);
  const stages = plan.elements.map(({ stage }) => stage);
  const { definition } = await app.pipelineRevisions.get(db, plan.revisionId);
  const denied = await refusalOf(() => requireStages(db, actor, execution, stages));
  const replaced = denied === null ? await findMovedOn(app, db, execution, aimsOf(app, db, plan.elements)) : [];
  const movedOn = refuseMovedOn(replaced, input.overrule);
  const { frozen, refusal } = await previewFreezes(app, actor, stages.map(deployingOf), input, definition.onFreeze);
  const refusals = [refuseInput(input) ?? [], plan.refusals, denied ?? [], movedOn ?? [], refusal ?? []].flat();
  const allowed = refusals.length === 0;
  return {
    allowed,
    refusals: refusals.map(({ code, message }) => ({ code, message })),
    willRun: await Promise.all(plan.elements.map((element) => describe(app, element))),
    kept: plan.kept.map(({ elementId, stageName, stepName, status }) => {
      return { elementId, stageName, stepName, status, tasksThatRun: [], tasksKept: [], finallyTasks: [] };
    }),
    tasksThatRun: [],
    tasksKept: [],
    finallyTasks: [],
    askedAgain: stages
      .filter((stage) => {
        const element = definition.stages[stage.stageIndex]?.elements[stage.elementIndex];
        return stage.kind === 'APPROVAL' || mustAsk(element, stage) !== null;
      })
      .map((stage) => stage.stepName),
    changes: plan.changes,
    environmentAccess: await accessTo(app, actor, execution, stages),
    replaced,
    freezes: frozen,
    planToken: allowed ? resumeToken(execution, input, plan, replaced) : null,
  };
}

/** The same for an execution of a standalone workflow. */
export async function previewWorkflowResume(
  app: App,
  actor: Actor,
  input: ResumeWorkflowExecution,
): Promise<ResumePreview> {
  const db = app.database;
  const execution = await readOwn(app, actor, input.workflowExecutionId, 'WORKFLOW', input.applicationId);
  const refusal = refuseAttempt(execution, 'resume');
  if (refusal !== null) return refused(refusal);
  const subject = await subjectFor(app, 'Execution', execution);
  const { next, fit, refusals: broken } = await planWorkflowResume(app, db, execution, input, true);
  const denied = await refusalOf(() => requireEnvironment(db, actor, subject, next.environmentId));
  const replaced = denied === null ? await findMovedOn(app, db, execution, [aimOfWorkflow(app, db, next)]) : [];
  const movedOn = refuseMovedOn(replaced, input.overrule);
  const { onFreeze } = (await app.workflowRevisions.get(db, next.revisionId)).definition;
  const held = await previewFreezes(app, actor, [deployingOf(next)], input, onFreeze);
  const refusals = [refuseInput(input) ?? [], broken, denied ?? [], movedOn ?? [], held.refusal ?? []].flat();
  const allowed = refusals.length === 0;
  return {
    allowed,
    refusals: refusals.map(({ code, message }) => ({ code, message })),
    ...{ willRun: [], kept: [], askedAgain: [] },
    tasksThatRun: fit.tasks.again,
    tasksKept: fit.tasks.kept,
    finallyTasks: await finallyOf(app, next.revisionId),
    changes: fit.changes,
    environmentAccess: await accessTo(app, actor, execution, [next]),
    replaced,
    freezes: held.frozen,
    planToken: allowed ? workflowResumeToken(execution, input, next, replaced) : null,
  };
}

async function describe(app: App, { stage, before, next, fit }: PlannedElement): Promise<PreviewedStage> {
  const { elementId, stageName, stepName } = stage;
  const finallyTasks = await finallyOf(app, next?.revisionId ?? stage.workflowRevisionId);
  const { again, kept } = fit?.tasks ?? (await allTasks(app, stage));
  const status = before?.status ?? 'QUEUED';
  return { elementId, stageName, stepName, status, tasksThatRun: again, tasksKept: kept, finallyTasks };
}

/** An attempt repeats all tasks of `finally`, whatever it keeps of the graph. */
async function finallyOf(app: App, revisionId: string | null): Promise<string[]> {
  if (revisionId === null) return [];
  return finallyNames((await app.workflowRevisions.get(app.database, revisionId)).definition.tasks);
}

async function allTasks(app: App, { workflowRevisionId }: StageExecution): Promise<TaskChoice> {
  if (workflowRevisionId === null) return { kept: [], again: [] };
  const { definition } = await app.workflowRevisions.get(app.database, workflowRevisionId);
  return { kept: [], again: taskNodes(definition.tasks).map((node) => node.name) };
}

async function accessTo(
  app: App,
  actor: Actor,
  execution: Execution,
  aims: readonly { readonly environmentId: string | null }[],
): Promise<PreviewedEnvironment[]> {
  const targets = await findEnvironmentTargets(
    app.database,
    aims.flatMap(({ environmentId }) => environmentId ?? []),
  );
  const subject = await subjectFor(app, 'Execution', execution);
  const action = execution.kind === 'PIPELINE' ? 'EXECUTE_PIPELINE' : 'EXECUTE_WORKFLOW';
  return targets.map((target) => {
    const { allowed, message } = actor.access.explain(action, 'Execution', subject, [target]);
    return { environmentId: target.id, allowed, message };
  });
}

export interface Resumability {
  readonly resumable: boolean;
  readonly reason: string | null;
  readonly stages: readonly { name: string; elementId: string; resumable: boolean; reason: string | null }[];
}

/** Stages from which an execution can be resumed, or the reason why it can't be, by the rules of the mutation. */
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
