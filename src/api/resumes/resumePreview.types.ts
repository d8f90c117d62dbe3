import { field, orNull } from '../../kernel/fields';
import { Freeze } from '../freezes/freezes.types';
import { objectType } from '../graphql/described.types';
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { ExecutionStatusEnum } from '../executions/executions.types';

@ObjectType({ simpleResolvers: true, description: 'Reason why a request would fail.' })
export class PreviewedRefusal {
  @Field(() => String, { description: 'Error code.' })
  code!: string;

  @Field(() => String, { description: 'Explanation of the failure.' })
  message!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Stage element, as a resume would treat it.' })
export class PreviewedStageElement {
  @Field(() => ID, { description: 'ID of the element.' })
  elementId!: string;

  @Field(() => String, { description: 'Name of the stage.' })
  stageName!: string;

  @Field(() => String, { description: 'Name of the element.' })
  stepName!: string;

  @Field(() => ExecutionStatusEnum, { description: 'Current status.' })
  status!: string;

  @Field(() => [String], {
    description: 'Tasks that would run, in order.',
  })
  tasksThatRun!: string[];

  @Field(() => [String], { description: 'Tasks that would keep their results.' })
  tasksKept!: string[];

  @Field(() => [String], { description: 'Tasks of `finally` that would run again, after the others.' })
  finallyTasks!: string[];
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
  description: 'Kind of a change to a stage element or task since the revision that the execution ran.',
  valuesConfig: {
    ADDED: { description: 'Added.' },
    REMOVED: { description: 'Removed or renamed.' },
    RENAMED: { description: 'Its stage was renamed.' },
    MOVED: { description: 'Moved to another stage, or its stage was moved.' },
    REWIRED: { description: 'Depends on other tasks, runs another workflow or targets another environment.' },
    CHANGED: { description: 'Does something different.' },
  },
});

@ObjectType('DefinitionChange', {
  simpleResolvers: true,
  description: 'Difference between the definition that an execution has run so far and the current one.',
})
export class DefinitionChangeType {
  @Field(() => DefinitionChangeKind, { description: 'Kind of the change.' })
  change!: string;

  @Field(() => String, { nullable: true, description: 'Name of the stage. Null for a standalone workflow.' })
  stage!: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the stage element. Null for a standalone workflow.' })
  step!: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the task. Null if the change is about the element.' })
  task!: string | null;

  @Field(() => Boolean, {
    description: 'True if the resume fails without `force`, because the change concerns something that would be kept.',
  })
  incompatible!: boolean;

  @Field(() => String, { description: 'Explanation of the failure.' })
  message!: string;
}

@ObjectType({ description: 'Environment that a resume would touch.' })
export class PreviewedEnvironment {
  @Field(() => Boolean, { description: 'True if the caller may run this in the environment.' })
  allowed!: boolean;

  @Field(() => String, { nullable: true, description: 'Missing permission. Null if none is missing.' })
  message!: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Image deployed by a run that started later, and the image that would replace it.',
})
export class ReplacedDeployment {
  @Field(() => ID, { description: 'ID of the environment.' })
  environmentId!: string;

  @Field(() => String, { description: 'Name of the environment.' })
  environment!: string;

  @Field(() => ID, { description: 'ID of the service.' })
  serviceId!: string;

  @Field(() => String, { description: 'Name of the service.' })
  service!: string;

  @Field(() => String, { description: 'Image that would replace it.' })
  image!: string;
}

export const PreviewedFreeze = objectType('PreviewedFreeze', 'Environment that is frozen at the time of a preview.', {
  environmentId: field.uuid('ID of the environment.'),
  environment: field.text('Name of the environment.'),
  freeze: field.object(() => Freeze, 'Freeze that holds deployments back.'),
  until: orNull(field.time('Time at which deployments may begin. Null: no end is known.')),
});

@ObjectType({ description: 'Preview of a resume.' })
export class ResumePreview {
  @Field(() => Boolean, { description: 'True if the resume would be accepted.' })
  allowed!: boolean;

  @Field(() => [PreviewedRefusal], { description: 'Reason why it would fail. Null if it would be accepted.' })
  refusals!: PreviewedRefusal[];

  @Field(() => [PreviewedStageElement], { description: 'Elements that would run.' })
  willRun!: PreviewedStageElement[];

  @Field(() => [PreviewedStageElement], { description: 'Elements that would keep their results.' })
  kept!: PreviewedStageElement[];

  @Field(() => [String], { description: 'Tasks of a standalone workflow that would run. Otherwise empty.' })
  tasksThatRun!: string[];

  @Field(() => [String], {
    description: 'Tasks of a standalone workflow that would keep their results. Otherwise empty.',
  })
  tasksKept!: string[];

  @Field(() => [String], {
    description: 'Tasks of `finally` of a standalone workflow that would run again, after the others. Otherwise empty.',
  })
  finallyTasks!: string[];

  @Field(() => [String], {
    description: 'Approvals that would be requested again, and elements that would ask for runtime inputs.',
  })
  askedAgain!: string[];

  @Field(() => [DefinitionChangeType], {
    description: 'Stages and tasks that were added, removed or changed. Only with `definition: LATEST`.',
  })
  changes!: DefinitionChangeType[];

  @Field(() => [PreviewedEnvironment], {
    description: 'Environments that would be touched, and whether the caller may run in them.',
  })
  environmentAccess!: PreviewedEnvironment[];

  @Field(() => [ReplacedDeployment], {
    description:
      'Images deployed by runs that started later, where this one would deploy. If there are any, the resume ' +
      'needs `overrule: true`; otherwise `refusals` has ENVIRONMENT_MOVED_ON.',
  })
  replaced!: object[];

  @Field(() => [PreviewedFreeze], {
    description:
      'Freezes of environments to which it would deploy now. Its elements wait for their ends; if the pipeline or workflow says REFUSE, `refusals` has ENVIRONMENT_FROZEN.',
  })
  freezes!: object[];

  @Field(() => String, {
    nullable: true,
    description: 'Token for the mutation, which fails with PLAN_STALE if anything changed in between.',
  })
  planToken!: string | null;
}
