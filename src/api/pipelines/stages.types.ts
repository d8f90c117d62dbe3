import { Field, ID, Int, InterfaceType, ObjectType } from 'type-graphql';

@InterfaceType({
  description: 'One of the things that run side by side in a stage: a workflow, or an approval.',
})
export abstract class PipelineStageElement {
  @Field(() => ID, {
    description: 'The same as in every execution of the pipeline, while stage and element keep their names.',
  })
  pipelineStageElementId!: string;

  @Field(() => String, { description: 'Unique in the pipeline.' })
  name!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The value that an element gives to a variable of its workflow.' })
export class ElementVariable {
  @Field(() => String, { description: 'The name of the workflow’s variable.' })
  name!: string;

  @Field(() => String, {
    description: 'As it is written. It may refer to variables of the pipeline.',
  })
  value!: string;
}

@ObjectType({
  simpleResolvers: true,
  implements: PipelineStageElement,
  description: 'An element that runs a workflow.',
})
export class WorkflowStageElement extends PipelineStageElement {
  @Field(() => String, { description: 'The name of the workflow.' })
  workflowName!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The name of the environment that it is aimed at. Null: the workflow’s own, or none.',
  })
  environmentName!: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of the services that it deploys. Null: all of the workflow’s.',
  })
  serviceNames!: readonly string[] | null;

  @Field(() => [ElementVariable], { description: 'Values for variables of the workflow, in the order of their names.' })
  variables!: readonly ElementVariable[];
}

@ObjectType({
  simpleResolvers: true,
  implements: PipelineStageElement,
  description: 'An element that waits for a person’s decision.',
})
export class ApprovalStageElement extends PipelineStageElement {
  @Field(() => [String], { description: 'Names of user groups; any one member decides.' })
  approvers!: readonly string[];

  @Field(() => Int, { description: 'How long it waits before it is EXPIRED.' })
  timeoutSeconds!: number;
}

@ObjectType({
  simpleResolvers: true,
  description: 'A step of a pipeline; it begins when the one before it has succeeded.',
})
export class PipelineStage {
  @Field(() => String, {
    description: 'Unique in the pipeline; `STAGE 1`, `STAGE 2`, … by position when it was not given.',
  })
  name!: string;

  @Field(() => [PipelineStageElement], { description: 'What runs side by side.' })
  elements!: readonly PipelineStageElement[];
}
