import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { ExecutionStatusEnum } from '../executions/executions.types';

@ObjectType({ simpleResolvers: true, description: 'A reason why something would be refused.' })
export class PreviewedRefusal {
  @Field(() => String, { description: 'The code of the refusal.' })
  code!: string;

  @Field(() => String, { description: 'The same in words.' })
  message!: string;
}

@ObjectType({ simpleResolvers: true, description: 'An element of a stage, as a resume would treat it.' })
export class PreviewedStageElement {
  @Field(() => ID, { description: 'The element.' })
  elementId!: string;

  @Field(() => String, { description: 'The stage.' })
  stageName!: string;

  @Field(() => String, { description: 'The name of the element.' })
  stepName!: string;

  @Field(() => ExecutionStatusEnum, { description: 'Where it stands now.' })
  status!: string;

  @Field(() => [String], {
    description: 'Tasks that would run, in their order.',
  })
  tasksThatRun!: string[];

  @Field(() => [String], { description: 'Tasks that would keep their results.' })
  tasksKept!: string[];
}

export enum DefinitionChangeKind {
  ADDED = 'ADDED',
  REMOVED = 'REMOVED',
  RENAMED = 'RENAMED',
  MOVED = 'MOVED',
  REWIRED = 'REWIRED',
  CHANGED = 'CHANGED',
}
registerEnumType(DefinitionChangeKind, {
  name: 'DefinitionChangeKind',
  description: 'What became of a stage element or a task since the revision that the execution ran.',
  valuesConfig: {
    ADDED: { description: 'It is new.' },
    REMOVED: { description: 'It is gone, or has another name.' },
    RENAMED: { description: 'Its stage has another name.' },
    MOVED: { description: 'It stands in another stage, or its stage in another place.' },
    REWIRED: { description: 'It waits for other tasks, runs another workflow or is aimed at another environment.' },
    CHANGED: { description: 'What it does is different.' },
  },
});

@ObjectType('DefinitionChange', {
  simpleResolvers: true,
  description: 'A difference between the definition that an execution ran so far and the current one.',
})
export class DefinitionChangeType {
  @Field(() => DefinitionChangeKind, { description: 'What happened.' })
  change!: string;

  @Field(() => String, { nullable: true, description: 'The stage; null for a workflow by itself.' })
  stage!: string | null;

  @Field(() => String, { nullable: true, description: 'The element of the stage; null for a workflow by itself.' })
  step!: string | null;

  @Field(() => String, { nullable: true, description: 'The task; null when the element is meant.' })
  task!: string | null;

  @Field(() => Boolean, { description: 'Whether it is refused without `force`, since it concerns what would be kept.' })
  incompatible!: boolean;

  @Field(() => String, { description: 'The same in words.' })
  message!: string;
}

@ObjectType({ description: 'An environment that a resume would touch.' })
export class PreviewedEnvironment {
  @Field(() => Boolean, { description: 'Whether you may run this in it.' })
  allowed!: boolean;

  @Field(() => String, { nullable: true, description: 'The permission that is missing.' })
  message!: string | null;
}

@ObjectType({ description: 'What a resume would do.' })
export class ResumePreview {
  @Field(() => Boolean, { description: 'Whether it would be taken.' })
  allowed!: boolean;

  @Field(() => [PreviewedRefusal], { description: 'Why not.' })
  refusals!: PreviewedRefusal[];

  @Field(() => [PreviewedStageElement], { description: 'What would run.' })
  willRun!: PreviewedStageElement[];

  @Field(() => [PreviewedStageElement], { description: 'What would keep its results.' })
  kept!: PreviewedStageElement[];

  @Field(() => [String], { description: 'Tasks that would run, of a workflow by itself; else empty.' })
  tasksThatRun!: string[];

  @Field(() => [String], { description: 'Tasks that would keep their results, of a workflow by itself; else empty.' })
  tasksKept!: string[];

  @Field(() => [String], {
    description: 'Approvals that would be asked for anew, and elements that would ask for runtime inputs.',
  })
  askedAgain!: string[];

  @Field(() => [DefinitionChangeType], {
    description: 'With `definition: LATEST`: what was added, removed and changed, among stages and among tasks.',
  })
  changes!: DefinitionChangeType[];

  @Field(() => [PreviewedEnvironment], { description: 'Every environment that would be touched, and whether you may.' })
  environmentAccess!: PreviewedEnvironment[];

  @Field(() => String, {
    nullable: true,
    description: 'For the mutation: it is refused with PLAN_STALE when anything changed in between.',
  })
  planToken!: string | null;
}
