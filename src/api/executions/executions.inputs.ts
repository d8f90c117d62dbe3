import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { OVERRIDE_FREEZE, OverrideFreezeInput, ReasonedCommandInput } from './runCommand.inputs';
import { EnvironmentTypeFilter, IdFilter, NumberFilter, TimeFilter } from '../graphql/filters.types';
import { TagFilter } from '../tags/tags.types';
import { Guard } from '../graphql/guardInputs';
import type { WorkflowMode } from '../../catalog/language/workflow';
import { ExecutionInterface, ExecutionTypeEnum, WorkflowModeEnum } from './executions.types';

@InputType('ExecutionFilter', {
  description:
    'Restricts a list of executions. All fields of a filter must match, and so must all filters of a list: two ' +
    'filters on one time make a range. Example: `[{status: {operator: IN, values: ["RUNNING", "WAITING"]}}, ' +
    '{environmentType: {operator: EQUALS, values: [PROD]}}]`.',
})
export class ExecutionFilterInput {
  @Field(() => IdFilter, { nullable: true, description: 'By application ID.' })
  application?: IdFilter | null;

  @Field(() => TimeFilter, { nullable: true, description: 'By `createdAt`.' })
  creationTime?: TimeFilter | null;

  @Field(() => NumberFilter, {
    nullable: true,
    description: 'By `durationMs`, which excludes the time between attempts. Matches only final executions.',
  })
  duration?: NumberFilter | null;

  @Field(() => TimeFilter, { nullable: true, description: 'By `endedAt`.' })
  endTime?: TimeFilter | null;

  @Field(() => IdFilter, {
    nullable: true,
    description: 'By environment ID. A pipeline execution matches each environment that it targets, from its start.',
  })
  environment?: IdFilter | null;

  @Field(() => EnvironmentTypeFilter, {
    nullable: true,
    description: 'By the type of an environment that the execution targets.',
  })
  environmentType?: EnvironmentTypeFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By execution ID.' })
  execution?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the ID of the pipeline.' })
  pipeline?: IdFilter | null;

  @Field(() => IdFilter, {
    nullable: true,
    description: 'By pipeline execution ID. Matches the workflow executions that these started.',
  })
  pipelineExecutionId?: IdFilter | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'True for executions that observe environments, and no others. Otherwise lists leave them out.',
  })
  observations?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True for executions that can be resumed: standalone or pipeline executions that are FAILED, ABORTED, EXPIRED, ' +
      'REJECTED or ERROR.',
  })
  resumable?: boolean | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the ID of a service that the execution deploys.' })
  service?: IdFilter | null;

  @Field(() => TimeFilter, { nullable: true, description: 'By `startedAt`.' })
  startTime?: TimeFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By status. Values are those of `ExecutionStatus`.' })
  status?: IdFilter | null;

  @Field(() => TagFilter, {
    nullable: true,
    description:
      'Filters by tags of the execution (DEPLOYMENT, the default), its APPLICATION, PIPELINE or WORKFLOW, or an ENVIRONMENT or SERVICE that it deploys.',
  })
  tag?: InstanceType<typeof TagFilter> | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the ID of the trigger that started the execution.' })
  trigger?: IdFilter | null;

  @Field(() => IdFilter, {
    nullable: true,
    description: 'By the ID of the user or API key that started the execution.',
  })
  triggeredBy?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the ID of the workflow.' })
  workflow?: IdFilter | null;
}

export enum VariableValueType {
  NAME = 'NAME',
  ID = 'ID',
  EXPRESSION = 'EXPRESSION',
}
registerEnumType(VariableValueType, {
  name: 'VariableValueType',
  description: 'Interpretation of a value.',
  valuesConfig: {
    NAME: { description: 'The literal value; for a resource, its name.' },
    ID: { description: 'ID of a resource, such as an environment.' },
    EXPRESSION: {
      description: 'Text in which `$` followed by a name in braces refers to another value that is given literally.',
    },
  },
});

@InputType({ description: 'Value of a variable.' })
export class VariableValue {
  @Field(() => VariableValueType, { description: 'Interpretation of the value.' })
  type!: VariableValueType;

  @Guard({ maxLength: 65_536 })
  @Field(() => String, { description: 'Value, as text. Separate several allowed values with commas.' })
  value!: string;
}

@InputType('VariableInput', { description: 'Value for a variable that the pipeline or workflow declares.' })
export class VariableInputType {
  @Field(() => String, {
    description: 'Name of the variable. `environment` selects the environment of a workflow that asks for one.',
  })
  name!: string;

  @Field(() => VariableValue, { description: 'Value of the variable.' })
  variableValue!: VariableValue;
}

@InputType({ description: 'Image of a service to deploy.' })
export class ServiceInput {
  @Field(() => String, { description: 'Name of the service.' })
  name!: string;

  @Field(() => String, { description: 'Image, such as `web:1.2.0`.' })
  image!: string;
}

@InputType({ description: 'Input of `startExecution`.' })
export class StartExecutionInput {
  @Field(() => ID, { description: 'ID of the application.' })
  applicationId!: string;

  @Field(() => ID, { description: 'ID of the pipeline or workflow.' })
  entityId!: string;

  @Field(() => ExecutionTypeEnum, { description: 'Kind of `entityId`.' })
  executionType!: ExecutionTypeEnum;

  @Field(() => [VariableInputType], {
    nullable: true,
    description: 'Values for declared variables. Omitted variables get their defaults.',
  })
  variableInputs?: VariableInputType[] | null;

  @Field(() => [ServiceInput], { nullable: true, description: 'One image for each service to deploy.' })
  serviceInputs?: ServiceInput[] | null;

  @Field(() => WorkflowModeEnum, {
    nullable: true,
    description: 'Order in which the graph of a workflow runs. Overrides the definition.',
  })
  mode?: WorkflowMode | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Maximum number of tasks of a workflow that run in parallel. Overrides the definition.',
  })
  maxParallel?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Priority of its jobs, −100 to 100: higher ones are claimed first. Defaults to that of the pipeline or workflow, ' +
      'then of the application, then 0. A higher value than that default requires the account permission MANAGE_DELEGATES.',
  })
  priority?: number | null;

  @Field(() => OverrideFreezeInput, { nullable: true, description: OVERRIDE_FREEZE })
  overrideFreeze?: OverrideFreezeInput | null;

  @Field(() => String, { nullable: true, description: 'Note shown with the execution. At most 5,000 characters.' })
  notes?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Key that makes the start idempotent: at most 200 characters, unique within the application. The same key with ' +
      'the same request returns the execution that was started first; with another request it fails with ' +
      'IDEMPOTENCY_CONFLICT. Use it to repeat a start whose response was lost.',
  })
  idempotencyKey?: string | null;

  @Field(() => String, { nullable: true, description: 'Client-defined text, returned in the payload.' })
  clientMutationId?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `startExecution`.' })
export class StartExecutionPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => ExecutionInterface, { description: 'Current state of the execution.' })
  execution!: object;

  @Field(() => String, {
    nullable: true,
    description: 'Warning for the caller. Null if there is none.',
  })
  warningMessage!: string | null;
}

@InputType({ description: 'Input of `abortExecution`.' })
export class AbortExecutionInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'ID of the execution’s application.' })
  applicationId!: string;

  @Field(() => ID, {
    description: 'ID of the execution: of a pipeline, of a standalone workflow, or of a workflow inside a stage.',
  })
  executionId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `abortExecution`.' })
export class AbortExecutionPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => ExecutionInterface, {
    description: 'Current state of the execution: ABORTED, or still RUNNING until its jobs have ended.',
  })
  execution!: object;
}
