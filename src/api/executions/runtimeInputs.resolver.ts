import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { VariableType } from '../definitions/definitions.types';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import type { StageExecution } from '../../engine/execution';
import { executionById } from '../../runs/execution/executions.loaders';
import { WorkflowStageExecution } from './executions.types';
import { pipelineResumeRuntime } from '../../runs/commands/answerRuntimeInputs';
import { askedVariables, asksForInputs } from '../../runs/execution/runtimeInputs';
import { PipelineResumeRuntimeInput, PipelineResumeRuntimePayload, RuntimeInputsGiven } from './runtimeInputs.types';

@Resolver(() => WorkflowStageExecution)
export class RuntimeInputsResolver {
  @Mutation(() => PipelineResumeRuntimePayload, {
    nullable: true,
    description:
      'Answers what an element of a stage asks for while it is PAUSED; its workflow starts with the values. Needs what resuming that stage would. Answering the same again changes nothing. Errors: NOT_FOUND, ' +
      'STAGE_NOT_FOUND, INVALID_INPUT (with every broken rule), CONFLICT (somebody was faster), NOT_WAITING (it asks for nothing).',
  })
  async pipelineResumeRuntime(
    @Arg('input', () => PipelineResumeRuntimeInput, { description: 'Which element, and the values.' })
    input: PipelineResumeRuntimeInput,
    @Ctx() { app, actor }: Context,
  ) {
    await pipelineResumeRuntime(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, status: true };
  }

  @FieldResolver(() => [VariableType], {
    nullable: true,
    description:
      'The variables that it asks for while it is PAUSED, as `pipelineResumeRuntime` takes them; null when it asks for none.',
  })
  async runtimeInputVariables(@Root() stage: StageExecution, @Ctx() { app, loaders }: Context) {
    if (!asksForInputs(stage)) return null;
    return askedVariables(app, found(await loaders.load(executionById, stage.executionId)), stage);
  }

  @FieldResolver(() => RuntimeInputsGiven, {
    nullable: true,
    description: 'Who answered what it asked for; null when it asked for nothing, or still does. A resume keeps it.',
  })
  runtimeInputsGiven(@Root() { answers }: StageExecution): RuntimeInputsGiven | null {
    if (answers === null) return null;
    const { by, at, values } = answers;
    return { by, at, variables: Object.entries(values).map(([name, value]) => ({ name, value })) };
  }
}
