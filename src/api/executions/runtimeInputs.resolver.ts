import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { VariableType } from '../definitions/definitions.types';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import type { StageExecution } from '../../engine/execution';
import { executionById } from '../../runs/execution/executions.loaders';
import { WorkflowStageExecution } from './executions.types';
import { pipelineResumeRuntime } from '../../runs/commands/answerRuntimeInputs';
import { asksForInputs } from '../../engine/runtimeInputs';
import { askedVariables } from '../../runs/execution/runtimeInputs';
import { PipelineResumeRuntimeInput, PipelineResumeRuntimePayload, RuntimeInputsGiven } from './runtimeInputs.types';

@Resolver(() => WorkflowStageExecution)
export class RuntimeInputsResolver {
  @Mutation(() => PipelineResumeRuntimePayload, {
    nullable: true,
    description:
      'Provides the values that a PAUSED stage element asks for, and starts its workflow with them. Requires the permission ' +
      'to resume that stage. Giving the same values again changes nothing. Errors: NOT_FOUND, STAGE_NOT_FOUND, ' +
      'INVALID_INPUT (lists every broken rule), CONFLICT (another answer came first), NOT_WAITING (the element asks ' +
      'for nothing).',
  })
  async pipelineResumeRuntime(
    @Arg('input', () => PipelineResumeRuntimeInput, { description: 'Stage element and the values.' })
    input: PipelineResumeRuntimeInput,
    @Ctx() { app, actor }: Context,
  ) {
    await pipelineResumeRuntime(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, status: true };
  }

  @FieldResolver(() => [VariableType], {
    nullable: true,
    description:
      'Variables that the element asks for while it is PAUSED, as `pipelineResumeRuntime` takes them. Null if it asks ' +
      'for none.',
  })
  async runtimeInputVariables(@Root() stage: StageExecution, @Ctx() { app, loaders }: Context) {
    if (!asksForInputs(stage)) return null;
    return askedVariables(app, found(await loaders.load(executionById, stage.executionId)), stage);
  }

  @FieldResolver(() => RuntimeInputsGiven, {
    nullable: true,
    description:
      'Answer to the runtime inputs. Null if the element asked for none, or still waits. A resume keeps the answer.',
  })
  runtimeInputsGiven(@Root() { answers }: StageExecution): RuntimeInputsGiven | null {
    if (answers === null) return null;
    const { by, at, values } = answers;
    return { by, at, variables: Object.entries(values).map(([name, value]) => ({ name, value })) };
  }
}
