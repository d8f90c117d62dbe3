import { Field, ID, Int, InterfaceType, ObjectType } from 'type-graphql';

@InterfaceType({
  description: 'Element of a stage: a workflow or an approval. Elements of one stage run in parallel.',
})
export abstract class PipelineStageElement {
  @Field(() => ID, {
    description:
      'ID of the element, the same in every execution of the pipeline as long as stage and element keep their names.',
  })
  pipelineStageElementId!: string;

  @Field(() => String, { description: 'Name, unique in the pipeline.' })
  name!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Value that an element gives to a variable of its workflow.' })
export class ElementVariable {
  @Field(() => String, { description: 'Name of the workflow’s variable.' })
  name!: string;

  @Field(() => String, {
    description: 'Value, as written. It may refer to variables of the pipeline.',
  })
  value!: string;
}

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
    description: 'Names of the services that it deploys. Null: all services of the workflow.',
  })
  serviceNames!: readonly string[] | null;

  @Field(() => [ElementVariable], { description: 'Values for variables of the workflow, in the order of their names.' })
  variables!: readonly ElementVariable[];
}

@ObjectType({
  simpleResolvers: true,
  implements: PipelineStageElement,
  description: 'Element that waits for a person’s decision.',
})
export class ApprovalStageElement extends PipelineStageElement {
  @Field(() => [String], { description: 'Names of user groups. Any one member decides.' })
  approvers!: readonly string[];

  @Field(() => Int, { description: 'Seconds until it becomes EXPIRED.' })
  timeoutSeconds!: number;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Step of a pipeline. It begins when the previous stage has succeeded.',
})
export class PipelineStage {
  @Field(() => String, {
    description: 'Name, unique in the pipeline. `STAGE 1`, `STAGE 2`, … by position for unnamed stages.',
  })
  name!: string;

  @Field(() => [PipelineStageElement], { description: 'Elements that run in parallel.' })
  elements!: readonly PipelineStageElement[];
}
