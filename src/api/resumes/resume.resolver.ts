import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, Extensions, FieldResolver, Float, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import { MAX_FINALLY_TASKS } from '../../catalog/language/workflow';
import { visible } from '../../access/visible';
import { RevisionType } from '../definitions/definitions.types';
import { environments } from '../../catalog/environments/environments';
import { Environment } from '../environments/environments.types';
import type { Execution, ExecutionAttempt, StageExecution } from '../../engine/execution';
import {
  attemptByKey,
  attemptKey,
  attemptsOfExecution,
  executionById,
  finallyOfAttempt,
  stagesOfAttempt,
  stagesOfAttemptWith,
  stagesOfExecution,
  tasksOfAttemptWith,
  variablesOfAttempt,
} from '../../runs/execution/executions.loaders';
import { stageRows, taskRows } from '../executions/executionRows';
import { showVariables } from '../executions/variables.resolver';
import {
  ExecutionInterface,
  PipelineStageExecution,
  ServiceImage,
  TaskExecution,
  WorkflowStageExecution,
} from '../executions/executions.types';
import { ExecutionVariableObject } from '../executions/variables.types';
import { EventActor } from '../access/actor.types';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import { inGraphOrder } from '../../runs/attempts/graphOrder';
import { rerunExecution } from '../../runs/commands/rerunExecution';
import {
  ExecutionAttemptType,
  RerunExecutionInput,
  ResumabilityType,
  ResumeExecutionInput,
  ResumeExecutionPayload,
  ResumeWorkflowExecutionInput,
} from './resume.types';
import { resumeExecution } from '../../runs/commands/resumeExecution';
import {
  type ResumePreview as Preview,
  type PreviewedEnvironment as PreviewedAccess,
  previewResume,
  previewWorkflowResume,
  resumability,
} from '../../runs/attempts/resumePreview';
import type { Replacement } from '../../runs/deployments/movedOn';
import { Deployment } from '../deployments/deployments.types';
import { PreviewedEnvironment, ReplacedDeployment, ResumePreview } from './resumePreview.types';
import { resumeWorkflowExecution } from '../../runs/commands/resumeWorkflowExecution';

@Resolver(() => ExecutionInterface)
export class ResumeResolver {
  @Query(() => ResumePreview, {
    nullable: true,
    description: 'Preview of `resumeExecution` with the same input. Writes nothing. Errors: NOT_FOUND.',
  })
  resumePreview(
    @Arg('input', () => ResumeExecutionInput, { description: 'Execution to resume, and how.' })
    input: ResumeExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    return previewResume(app, actor, input);
  }

  @Query(() => ResumePreview, {
    nullable: true,
    description: 'Preview of `resumeWorkflowExecution` with the same input. Writes nothing. Errors: NOT_FOUND.',
  })
  resumeWorkflowPreview(
    @Arg('input', () => ResumeWorkflowExecutionInput, { description: 'Execution to resume, and how.' })
    input: ResumeWorkflowExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    return previewWorkflowResume(app, actor, input);
  }

  @Mutation(() => ResumeExecutionPayload, {
    nullable: true,
    description:
      'Resumes a pipeline execution that is FAILED, ABORTED, EXPIRED, REJECTED or ERROR, as its next attempt under the ' +
      'same ID. The named stage and all later stages run; earlier stages keep their results. Never changes the inputs, ' +
      'variables or images of the start. Of several concurrent resumes exactly one is accepted. Example: ' +
      '`resumeExecution(input: {applicationId: "…", pipelineExecutionId: "…", pipelineStageName: "STAGE 3"}) { ' +
      'execution { id status } }`. Errors: NOT_FOUND, FORBIDDEN, NOT_RESUMABLE, STAGE_NOT_FOUND, STAGE_NOT_EXECUTED, ' +
      'AMBIGUOUS_STAGE, CONFLICT, IDEMPOTENCY_CONFLICT, PLAN_STALE, INCOMPATIBLE_DEFINITION, ENVIRONMENT_MOVED_ON, ' +
      'ENVIRONMENT_FROZEN, CONCURRENCY_LIMIT, NOT_STARTABLE, INVALID_INPUT.',
  })
  async resumeExecution(
    @Arg('input', () => ResumeExecutionInput, { description: 'Execution to resume, and how.' })
    input: ResumeExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await resumeExecution(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }

  @Mutation(() => ResumeExecutionPayload, {
    description:
      'Resumes an execution of a standalone workflow, as its next attempt. Keeps tasks that succeeded, with the ' +
      'variables that they set; the other tasks run again with fresh retries. Applies the values of the start again; ' +
      '`variableInputs` overrides them for tasks that run again. Errors: NOT_FOUND, FORBIDDEN, NOT_RESUMABLE, CONFLICT, ' +
      'IDEMPOTENCY_CONFLICT, PLAN_STALE, INCOMPATIBLE_DEFINITION, ENVIRONMENT_MOVED_ON, ENVIRONMENT_FROZEN, CONCURRENCY_LIMIT, NOT_STARTABLE, INVALID_INPUT (with the rule ' +
      'TASK_OWNED where a kept task has set the variable).',
  })
  async resumeWorkflowExecution(
    @Arg('input', () => ResumeWorkflowExecutionInput, { description: 'Execution to resume, and how.' })
    input: ResumeWorkflowExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await resumeWorkflowExecution(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }

  @Mutation(() => ResumeExecutionPayload, {
    description:
      'Runs a final execution again from the beginning, with the same inputs, as its next attempt. Errors: NOT_FOUND, ' +
      'FORBIDDEN, NOT_RESUMABLE, CONFLICT, ENVIRONMENT_MOVED_ON, ENVIRONMENT_FROZEN, CONCURRENCY_LIMIT, IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
  })
  async rerunExecution(
    @Arg('input', () => RerunExecutionInput, { description: 'Execution to resume, and how.' })
    input: RerunExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await rerunExecution(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }

  @FieldResolver(() => ResumabilityType, {
    description: "Stages from which the execution can be resumed, or the reason why it can't.",
  })
  async resumability(@Root() execution: Execution, @Ctx() { loaders }: Context) {
    return resumability(execution, (await loaders.load(stagesOfExecution, execution.id)) ?? []);
  }

  @FieldResolver(() => [ExecutionAttemptType], {
    description: 'Attempts, in order. The last one is the current one.',
  })
  async attempts(@Root() execution: Execution, @Ctx() { loaders }: Context) {
    return (await loaders.load(attemptsOfExecution, execution.id)) ?? [];
  }
}

@Resolver(() => ResumePreview)
export class ResumePreviewResolver {
  @FieldResolver(() => [Environment], {
    description: 'Environments that the resume would touch, as far as the caller may see them.',
  })
  async environments(@Root() { environmentAccess }: Preview, @Ctx() context: Context) {
    const rows = await Promise.all(environmentAccess.map((one) => readableEnvironment(one, context)));
    return rows.filter((row) => row !== null);
  }
}

@Resolver(() => ReplacedDeployment)
export class ReplacedDeploymentResolver {
  @FieldResolver(() => Deployment, { description: 'Deployment of the image that would be replaced.' })
  deployed(@Root() { now }: Replacement) {
    return now;
  }
}

@Resolver(() => PreviewedEnvironment)
export class PreviewedEnvironmentResolver {
  @FieldResolver(() => Environment, { nullable: true, description: 'Environment. Null if the caller may not see it.' })
  environment(@Root() access: PreviewedAccess, @Ctx() context: Context) {
    return readableEnvironment(access, context);
  }
}

const readableEnvironment = async ({ environmentId }: PreviewedAccess, { loaders, actor }: Context) =>
  visible(actor.access, loaders, 'Environment', await loaders.load(environments.byId, environmentId));

@Resolver(() => ExecutionAttemptType)
export class AttemptResolver {
  @FieldResolver(() => EventActor, { description: 'User, key or server that began the attempt.' })
  actor(@Root() { cause }: ExecutionAttempt): EventActor {
    return cause;
  }

  @FieldResolver(() => Float, { nullable: true })
  durationMs(@Root() { startedAt, endedAt }: ExecutionAttempt): number | null {
    return startedAt === null || endedAt === null ? null : endedAt.getTime() - startedAt.getTime();
  }

  @FieldResolver(() => RevisionType, { description: 'Revision of the pipeline or workflow that the attempt ran.' })
  async revision(@Root() attempt: ExecutionAttempt, @Ctx() { app, loaders }: Context) {
    const execution = found(await loaders.load(executionById, attempt.executionId));
    const revisions = execution.kind === 'PIPELINE' ? app.pipelineRevisions : app.workflowRevisions;
    return revisions.get(app.database, attempt.revisionId);
  }

  @FieldResolver(() => [PipelineStageExecution], {
    description:
      'Elements of the stages, in order: those that this attempt ran, and those that it kept from earlier attempts. ' +
      'Empty for a workflow.',
  })
  async pipelineStageExecutions(
    @Root() attempt: ExecutionAttempt,
    @Ctx() { loaders }: Context,
    @Info() info: GraphQLResolveInfo,
  ) {
    return (await loaders.load(stagesOfAttemptWith(stageRows.pick(info)), attemptKey(attempt))) ?? [];
  }

  @Extensions({ listSize: MAX_FINALLY_TASKS })
  @FieldResolver(() => [TaskExecution], {
    description: 'Tasks of `finally` that this attempt ran; for a RESTORE, those of the attempt that it restores.',
  })
  async finallyTasks(@Root() attempt: ExecutionAttempt, @Ctx() { loaders }: Context) {
    return (await loaders.load(finallyOfAttempt, attemptKey(attempt))) ?? [];
  }

  @FieldResolver(() => [TaskExecution], {
    description:
      'Tasks, in the order of the graph: those that this attempt ran, and those that it kept. For a pipeline, the ' +
      'tasks of its workflows that the caller may see, stage by stage.',
  })
  async tasks(
    @Root() attempt: ExecutionAttempt,
    @Ctx() { app, loaders, actor }: Context,
    @Info() info: GraphQLResolveInfo,
  ) {
    const tasksOfAttempt = tasksOfAttemptWith(taskRows.pick(info));
    const tasksOf = async (one: ExecutionAttempt) =>
      inGraphOrder(app, one.revisionId, (await loaders.load(tasksOfAttempt, attemptKey(one))) ?? []);
    const { kind } = found(await loaders.load(executionById, attempt.executionId));
    if (kind === 'WORKFLOW') return tasksOf(attempt);
    const stages = (await loaders.load(stagesOfAttempt, attemptKey(attempt))) ?? [];
    const tasks = await Promise.all(
      stages.map(async (stage) => {
        const member = await readMemberAttempt(stage, { loaders, actor });
        return member === null ? [] : tasksOf(member);
      }),
    );
    return tasks.flat();
  }

  @FieldResolver(() => [ExecutionVariableObject], {
    description: 'Variables by name: the inputs of the attempt, and the values set by the tasks that it shows.',
  })
  async variables(@Root() attempt: ExecutionAttempt, @Ctx() { loaders }: Context) {
    return showVariables(attempt, (await loaders.load(variablesOfAttempt, attemptKey(attempt))) ?? []);
  }

  @FieldResolver(() => [ServiceImage], { description: 'Images that it deploys.' })
  images(@Root() { images }: ExecutionAttempt): ServiceImage[] {
    return Object.entries(images).map(([serviceId, image]) => ({ serviceId, image }));
  }

  @FieldResolver(() => Environment, { nullable: true, description: 'Environment of a workflow, if it has one.' })
  async environment(@Root() { environmentId }: ExecutionAttempt, @Ctx() { loaders, actor }: Context) {
    if (environmentId === null) return null;
    return visible(actor.access, loaders, 'Environment', await loaders.load(environments.byId, environmentId));
  }
}

@Resolver(() => WorkflowStageExecution)
export class StageAttemptResolver {
  @FieldResolver(() => ExecutionAttemptType, {
    nullable: true,
    description:
      'Attempt of `workflowExecution` that belongs to this element: it stays as it is when later attempts continue the workflow. Null until the stage is reached, and for a caller who may not see the workflow execution.',
  })
  workflowAttempt(@Root() stage: StageExecution, @Ctx() context: Context) {
    return readMemberAttempt(stage, context);
  }
}

async function readMemberAttempt(
  { workflowExecutionId: executionId, workflowAttempt: attempt }: StageExecution,
  { loaders, actor }: Pick<Context, 'loaders' | 'actor'>,
): Promise<ExecutionAttempt | null> {
  if (executionId === null || attempt === null) return null;
  const member = await loaders.load(executionById, executionId);
  if ((await visible(actor.access, loaders, 'Execution', member)) === null) return null;
  return found(await loaders.load(attemptByKey, attemptKey({ executionId, attempt })));
}
