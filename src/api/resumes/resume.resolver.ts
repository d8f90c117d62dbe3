import { Arg, Ctx, FieldResolver, Float, Mutation, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { RevisionType } from '../definitions/definitions.types';
import { environments } from '../../catalog/environments/environments';
import { Environment } from '../environments/environments.types';
import type { Execution, ExecutionAttempt } from '../../engine/execution';
import {
  attemptsOfExecution,
  executionById,
  stagesOfAttempts,
  stagesOfExecution,
} from '../../runs/execution/executions.loaders';
import { showStage } from '../executions/executions.resolver';
import { ExecutionInterface, PipelineStageExecution } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
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
import { PreviewedEnvironment, ResumePreview } from './resumePreview.types';
import { resumeWorkflowExecution } from '../../runs/commands/resumeWorkflowExecution';

@Resolver(() => ExecutionInterface)
export class ResumeResolver {
  @Query(() => ResumePreview, {
    description: 'What `resumeExecution` with the same input would do. Writes nothing. Errors: NOT_FOUND.',
  })
  resumePreview(
    @Arg('input', () => ResumeExecutionInput, { description: 'Which execution, and how.' }) input: ResumeExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    return previewResume(app, actor, input);
  }

  @Query(() => ResumePreview, {
    description: 'What `resumeWorkflowExecution` with the same input would do. Writes nothing. Errors: NOT_FOUND.',
  })
  resumeWorkflowPreview(
    @Arg('input', () => ResumeWorkflowExecutionInput, { description: 'Which execution, and how.' })
    input: ResumeWorkflowExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    return previewWorkflowResume(app, actor, input);
  }

  @Mutation(() => ResumeExecutionPayload, {
    nullable: true,
    description:
      'Goes on with a pipeline execution that is FAILED, ABORTED, EXPIRED, REJECTED or ERROR: its next attempt, under the same id. The named stage and the later ones run, earlier ones keep their results. Of ' +
      'many at once exactly one is taken. Example: `resumeExecution(input: {applicationId: "…", pipelineExecutionId: "…", pipelineStageName: "STAGE 3"}) { execution { id status } }`. Errors: NOT_FOUND, ' +
      'NOT_RESUMABLE, STAGE_NOT_FOUND, STAGE_NOT_EXECUTED, AMBIGUOUS_STAGE, CONFLICT, IDEMPOTENCY_CONFLICT, PLAN_STALE, INCOMPATIBLE_DEFINITION, NOT_STARTABLE, INVALID_INPUT.',
  })
  async resumeExecution(
    @Arg('input', () => ResumeExecutionInput, { description: 'Which execution, and how.' }) input: ResumeExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await resumeExecution(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }

  @Mutation(() => ResumeExecutionPayload, {
    description:
      'Goes on with an execution of a workflow by itself: tasks that succeeded are kept with the variables that they have set, the others run again with fresh retries and a higher attempt number. Values of the start are ' +
      'applied again; `variableInputs` overrides them for what runs again. Errors: NOT_FOUND, NOT_RESUMABLE, CONFLICT, IDEMPOTENCY_CONFLICT, PLAN_STALE, INCOMPATIBLE_DEFINITION, NOT_STARTABLE, INVALID_INPUT (with the rule ' +
      'TASK_OWNED where a kept task has set the variable).',
  })
  async resumeWorkflowExecution(
    @Arg('input', () => ResumeWorkflowExecutionInput, { description: 'Which execution, and how.' })
    input: ResumeWorkflowExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await resumeWorkflowExecution(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }

  @Mutation(() => ResumeExecutionPayload, {
    description:
      'Runs a final execution again from its beginning, with the same inputs: its next attempt. Errors: NOT_FOUND, NOT_RESUMABLE, CONFLICT, IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
  })
  async rerunExecution(
    @Arg('input', () => RerunExecutionInput, { description: 'Which execution, and how.' }) input: RerunExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await rerunExecution(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }

  @FieldResolver(() => ResumabilityType, { description: 'Whether, and from where, it can go on.' })
  async resumability(@Root() execution: Execution, @Ctx() { loaders }: Context) {
    return resumability(execution, (await loaders.load(stagesOfExecution, execution.id)) ?? []);
  }

  @FieldResolver(() => [ExecutionAttemptType], {
    description: 'Its attempts, in order; the last one is the current one.',
  })
  async attempts(@Root() execution: Execution, @Ctx() { loaders }: Context) {
    return (await loaders.load(attemptsOfExecution, execution.id)) ?? [];
  }
}

@Resolver(() => ResumePreview)
export class ResumePreviewResolver {
  @FieldResolver(() => [Environment], {
    description: 'The environments that would be touched, as far as you may see them.',
  })
  async environments(@Root() { environmentAccess }: Preview, @Ctx() context: Context) {
    const rows = await Promise.all(environmentAccess.map((one) => readableEnvironment(one, context)));
    return rows.filter((row) => row !== null);
  }
}

@Resolver(() => PreviewedEnvironment)
export class PreviewedEnvironmentResolver {
  @FieldResolver(() => Environment, { nullable: true, description: 'The environment; null when you may not see it.' })
  environment(@Root() access: PreviewedAccess, @Ctx() context: Context) {
    return readableEnvironment(access, context);
  }
}

const readableEnvironment = async ({ environmentId }: PreviewedAccess, { loaders, actor }: Context) =>
  visible(actor.access, loaders, 'Environment', await loaders.load(environments.byId, environmentId));

@Resolver(() => ExecutionAttemptType)
export class AttemptResolver {
  @FieldResolver(() => Float, { nullable: true })
  durationMs(@Root() { startedAt, endedAt }: ExecutionAttempt): number | null {
    return startedAt === null || endedAt === null ? null : endedAt.getTime() - startedAt.getTime();
  }

  @FieldResolver(() => RevisionType, { description: 'The revision of the pipeline or workflow that it ran.' })
  async revision(@Root() attempt: ExecutionAttempt, @Ctx() { app, loaders }: Context) {
    const execution = found(await loaders.load(executionById, attempt.executionId));
    const revisions = execution.kind === 'PIPELINE' ? app.pipelineRevisions : app.workflowRevisions;
    return revisions.get(app.database, attempt.revisionId);
  }

  @FieldResolver(() => [PipelineStageExecution], {
    description: 'The elements that ran, or were to run, in this attempt; those that it kept belong to earlier ones.',
  })
  async pipelineStageExecutions(@Root() attempt: ExecutionAttempt, @Ctx() { loaders }: Context) {
    const stages = (await loaders.load(stagesOfAttempts, attempt.executionId)) ?? [];
    return stages.filter((stage) => stage.attempt === attempt.attempt).map(showStage);
  }
}
