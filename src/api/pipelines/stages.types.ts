import { Field, ID, Int, InterfaceType, ObjectType } from 'type-graphql';
import { field, listOf } from '../../kernel/fields';
import { objectType } from '../graphql/described.types';
import { ApprovalRequirementType } from '../approvals/approvals.types';

@InterfaceType({
  description: 'Element of a stage, a workflow or an approval. The elements of a stage run in parallel.',
})
export abstract class PipelineStageElement {
  @Field(() => ID, {
    description: 'ID, the same in every execution of the pipeline while stage and element keep their names.',
  })
  pipelineStageElementId!: string;

  @Field(() => String, { description: 'Name, unique in the pipeline.' })
  name!: string;
}

const ElementVariable = objectType('ElementVariable', 'Value that an element gives to a variable of its workflow.', {
  name: field.text('Name of the workflow’s variable.'),
  value: field.text('Value as written. May refer to variables of the pipeline.'),
});

@ObjectType({
  simpleResolvers: true,
  implements: PipelineStageElement,
  description: 'Element that runs a workflow.',
})
export class WorkflowStageElement extends PipelineStageElement {
  @Field(() => String, { description: 'Name of the workflow.' })
  workflowName!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the target environment. Null for the workflow’s own, or for none.',
  })
  environmentName!: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of the services that it deploys. Null for all of the workflow’s.',
  })
  serviceNames!: readonly string[] | null;

  @Field(() => [ElementVariable], { description: 'Values for variables of the workflow, sorted by name.' })
  variables!: readonly object[];
}

const ElementEscalation = objectType('ElementEscalation', 'Step of the escalation of an approval element.', {
  afterSeconds: field.integer('Time after the request, in seconds.'),
  to: listOf(field.text('Name of a user group whose members may decide as well from then on.')),
});

@ObjectType({
  simpleResolvers: true,
  implements: PipelineStageElement,
  description: 'Element that waits for a person’s decision.',
})
export class ApprovalStageElement extends PipelineStageElement {
  @Field(() => [String], { description: 'Names of user groups. Members of any of them can decide.' })
  approvers!: readonly string[];

  @Field(() => [ApprovalRequirementType], { description: 'People that have to approve, all of them different.' })
  requirements!: readonly object[];

  @Field(() => [String], {
    description: 'People who may not decide: `initiator`, and references to values that hold a name or email address.',
  })
  excluded!: readonly string[];

  @Field(() => Int, { description: 'Number of seconds that it waits before it becomes EXPIRED.' })
  timeoutSeconds!: number;

  @Field(() => Int, { nullable: true, description: 'Interval of reminders, in seconds. Null for none.' })
  remindAfterSeconds!: number | null;

  @Field(() => [ElementEscalation], { description: 'Steps of its escalation, in order.' })
  escalations!: readonly object[];

  @Field(() => [String], { description: 'Names of the fields of its form, in order. They are its outputs.' })
  inputNames!: readonly string[];
}

export const PipelineStage = objectType(
  'PipelineStage',
  'Stage of a pipeline. It begins when the one before it has succeeded.',
  {
    name: field.text('Name, unique in the pipeline. Defaults to `STAGE 1`, `STAGE 2`, … by position.'),
    elements: listOf(field.object(() => PipelineStageElement, 'Elements, which run in parallel.')),
  },
);
