import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { RedeployingCommandInput } from './runCommand.inputs';
import { ExecutionInterface, TaskExecution } from './executions.types';

export enum InterventionActionEnum {
  RETRY = 'RETRY',
  IGNORE = 'IGNORE',
  MARK_AS_SUCCESS = 'MARK_AS_SUCCESS',
  FAIL = 'FAIL',
  ABORT = 'ABORT',
}
registerEnumType(InterventionActionEnum, {
  name: 'InterventionAction',
  description: 'Decision about a failure that waits for a person.',
  valuesConfig: {
    RETRY: {
      description:
        'Creates another job for the task, or runs the workflow of the element again. If it fails again, it waits again.',
    },
    IGNORE: { description: 'Ignores the failure: it stays FAILED, but dependent tasks or stages run.' },
    MARK_AS_SUCCESS: { description: 'Marks it SUCCESS, with the decision as its reason. It sets no variables.' },
    FAIL: { description: 'Accepts the failure, as if it had not waited.' },
    ABORT: { description: 'Aborts the execution: the workflow of a task, the pipeline of an element.' },
  },
});

@InputType({ description: 'Input of `interveneExecution`.' })
export class InterveneExecutionInput extends RedeployingCommandInput {
  @Field(() => ID, { description: 'ID of the execution’s application.' })
  applicationId!: string;

  @Field(() => ID, {
    description: 'ID of the execution: the workflow execution of the task, or the run that it belongs to.',
  })
  executionId!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of the task that waits. Give either this or `pipelineStageElementId`.',
  })
  taskExecutionId?: string | null;

  @Field(() => ID, { nullable: true, description: 'ID of the stage element that waits.' })
  pipelineStageElementId?: string | null;

  @Field(() => InterventionActionEnum, { description: 'Decision.' })
  action!: InterventionActionEnum;
}

@ObjectType({ simpleResolvers: true, description: 'Result of the decision.' })
export class InterveneExecutionPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => ExecutionInterface, { description: 'Current state of the execution.' })
  execution!: object;
}

@InputType({ description: 'Input of `retryTask`.' })
export class RetryTaskInput extends RedeployingCommandInput {
  @Field(() => ID, { description: 'ID of the execution’s application.' })
  applicationId!: string;

  @Field(() => ID, { description: 'ID of the failed task.' })
  taskExecutionId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `retryTask`.' })
export class RetryTaskPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => TaskExecution, { description: 'Current state of the task.' })
  taskExecution!: object;
}
