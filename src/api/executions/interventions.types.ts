import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { ReasonedCommandInput } from './runCommand.inputs';
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
  description: 'What becomes of a failure that waits for a person.',
  valuesConfig: {
    RETRY: {
      description:
        'The task gets another job; the workflow of the element runs anew. When it fails again, it waits again.',
    },
    IGNORE: { description: 'It stays FAILED, and that does not count: what depends on it goes on.' },
    MARK_AS_SUCCESS: { description: 'It is a SUCCESS, with this as its reason. It has set no variables.' },
    FAIL: { description: 'The failure stands, as without the waiting.' },
    ABORT: { description: 'The execution is ended: the workflow of a task, the pipeline of an element.' },
  },
});

@InputType({ description: 'A decision about a failure that waits for a person.' })
export class InterveneExecutionInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'The application of the execution.' })
  applicationId!: string;

  @Field(() => ID, { description: 'The execution: for a task its workflow’s, or the run that this belongs to.' })
  executionId!: string;

  @Field(() => ID, { nullable: true, description: 'The task that waits. Either this or the element.' })
  taskExecutionId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The element of a stage that waits.' })
  pipelineStageElementId?: string | null;

  @Field(() => InterventionActionEnum, { description: 'The decision.' })
  action!: InterventionActionEnum;
}

@ObjectType({ simpleResolvers: true, description: 'The decision was taken.' })
export class InterveneExecutionPayload {
  @Field(() => String, { nullable: true, description: 'As it was given.' })
  clientMutationId!: string | null;

  @Field(() => ExecutionInterface, { description: 'The execution, as it stands.' })
  execution!: object;
}

@InputType({ description: 'Which task to try again.' })
export class RetryTaskInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'The application of the execution.' })
  applicationId!: string;

  @Field(() => ID, { description: 'The task that has failed.' })
  taskExecutionId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The task is tried again.' })
export class RetryTaskPayload {
  @Field(() => String, { nullable: true, description: 'As it was given.' })
  clientMutationId!: string | null;

  @Field(() => TaskExecution, { description: 'The task, as it stands.' })
  taskExecution!: object;
}
