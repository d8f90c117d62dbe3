import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ReasonedCommandInput } from './runCommand.inputs';
import { EnvironmentTypeFilter, IdFilter, NumberFilter, TimeFilter } from '../graphql/filters.types';
import type { WorkflowMode } from '../../catalog/language/workflow';
import { ExecutionInterface, ExecutionTypeEnum, WorkflowModeEnum } from './executions.types';

@InputType('ExecutionFilter', {
  description:
    'What it names must all hold; several filters of a list must all hold too, so that two of them on one time make a range. ' +
    'Example: `[{status: {operator: IN, values: ["RUNNING", "WAITING"]}}, {environmentType: {operator: EQUALS, values: [PROD]}}]`.',
})
export class ExecutionFilterInput {
  @Field(() => IdFilter, { nullable: true, description: 'By application id.' })
  application?: IdFilter | null;

  @Field(() => TimeFilter, { nullable: true, description: 'By `createdAt`.' })
  creationTime?: TimeFilter | null;

  @Field(() => NumberFilter, {
    nullable: true,
    description: 'By `durationMs`, which leaves out the time between attempts. Final executions only.',
  })
  duration?: NumberFilter | null;

  @Field(() => TimeFilter, { nullable: true, description: 'By `endedAt`.' })
  endTime?: TimeFilter | null;

  @Field(() => IdFilter, {
    nullable: true,
    description: 'By environment id; a pipeline matches for each environment that it aims at, from its start.',
  })
  environment?: IdFilter | null;

  @Field(() => EnvironmentTypeFilter, { nullable: true, description: 'By the type of an environment that it aims at.' })
  environmentType?: EnvironmentTypeFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By its own id.' })
  execution?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the id of the pipeline that it is a run of.' })
  pipeline?: IdFilter | null;

  @Field(() => IdFilter, {
    nullable: true,
    description: 'Workflow executions that belong to these pipeline executions.',
  })
  pipelineExecutionId?: IdFilter | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it can be resumed: FAILED, ABORTED, EXPIRED, REJECTED or ERROR, and started by itself.',
  })
  resumable?: boolean | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the id of a service that it deploys.' })
  service?: IdFilter | null;

  @Field(() => TimeFilter, { nullable: true, description: 'By `startedAt`.' })
  startTime?: TimeFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By status; the values are those of `ExecutionStatus`.' })
  status?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the id of the trigger that started it.' })
  trigger?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the id of the user or API key that started it.' })
  triggeredBy?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the id of the workflow that it is a run of.' })
  workflow?: IdFilter | null;
}

export enum VariableValueType {
  NAME = 'NAME',
  ID = 'ID',
  EXPRESSION = 'EXPRESSION',
}
registerEnumType(VariableValueType, {
  name: 'VariableValueType',
  description: 'How a value is meant.',
  valuesConfig: {
    NAME: { description: 'Literally; for a thing, its name.' },
    ID: { description: 'The id of a thing, such as an environment.' },
    EXPRESSION: {
      description: 'A text in which a name in `$` and braces stands for another value that is given literally.',
    },
  },
});

@InputType({ description: 'A value.' })
export class VariableValue {
  @Field(() => VariableValueType, { description: 'How it is meant.' })
  type!: VariableValueType;

  @Field(() => String, { description: 'The value, as text. Several allowed values are separated by commas.' })
  value!: string;
}

@InputType('VariableInput', { description: 'A value for a variable that the pipeline or workflow declares.' })
export class VariableInputType {
  @Field(() => String, {
    description: 'The name of the variable. `environment` is the environment of a workflow that asks for one.',
  })
  name!: string;

  @Field(() => VariableValue, { description: 'Its value.' })
  variableValue!: VariableValue;
}

@InputType({ description: 'The image of a service that is to be deployed.' })
export class ServiceInput {
  @Field(() => String, { description: 'The name of the service.' })
  name!: string;

  @Field(() => String, { description: 'Its image, such as `web:1.2.0`.' })
  image!: string;
}

@InputType({ description: 'What to start, and with what.' })
export class StartExecutionInput {
  @Field(() => ID, { description: 'The application.' })
  applicationId!: string;

  @Field(() => ID, { description: 'The pipeline or workflow.' })
  entityId!: string;

  @Field(() => ExecutionTypeEnum, { description: 'Which of the two.' })
  executionType!: ExecutionTypeEnum;

  @Field(() => [VariableInputType], {
    nullable: true,
    description: 'Values for the declared variables; the others get their defaults.',
  })
  variableInputs?: VariableInputType[] | null;

  @Field(() => [ServiceInput], { nullable: true, description: 'An image for each service that will be deployed.' })
  serviceInputs?: ServiceInput[] | null;

  @Field(() => WorkflowModeEnum, {
    nullable: true,
    description: 'How the graph of a workflow is run, in place of what its definition says.',
  })
  mode?: WorkflowMode | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many tasks of a workflow run side by side, in place of what its definition says.',
  })
  maxParallel?: number | null;

  @Field(() => String, { nullable: true, description: 'At most 5,000 characters; shown with the execution.' })
  notes?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'At most 200 characters, unique within the application. The same key with the same request answers the execution that was started first; with another ' +
      'request it is refused with IDEMPOTENCY_CONFLICT. So a start whose answer was lost can be repeated.',
  })
  idempotencyKey?: string | null;

  @Field(() => String, { nullable: true, description: 'Echoed in the payload.' })
  clientMutationId?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'What was started.' })
export class StartExecutionPayload {
  @Field(() => String, { nullable: true, description: 'As it was given.' })
  clientMutationId!: string | null;

  @Field(() => ExecutionInterface, { description: 'The execution, as it stands.' })
  execution!: object;

  @Field(() => String, {
    nullable: true,
    description: 'Something that the caller should know; null when there is nothing.',
  })
  warningMessage!: string | null;
}

@InputType({ description: 'Which execution to end.' })
export class AbortExecutionInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'The application of the execution.' })
  applicationId!: string;

  @Field(() => ID, { description: 'The execution: of a pipeline, or of a workflow alone or inside a stage.' })
  executionId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'What is being ended.' })
export class AbortExecutionPayload {
  @Field(() => String, { nullable: true, description: 'As it was given.' })
  clientMutationId!: string | null;

  @Field(() => ExecutionInterface, {
    description: 'The execution, as it stands: ABORTED, or still RUNNING until its jobs have ended.',
  })
  execution!: object;
}
