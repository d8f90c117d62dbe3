import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { WorkflowModeEnum } from '../executions/executions.types';
import { PreviewedEnvironment } from '../resumes/resumePreview.types';

export enum PlannedOutcome {
  RUNS = 'RUNS',
  SKIPPED = 'SKIPPED',
  FAILS = 'FAILS',
  LATER = 'LATER',
}
registerEnumType(PlannedOutcome, {
  name: 'PlannedOutcome',
  description: 'What a condition would decide, as far as that can be known before anything runs.',
  valuesConfig: {
    RUNS: { description: 'It would run.' },
    SKIPPED: { description: 'It would be skipped.' },
    FAILS: { description: 'It could not be decided: CONDITION_ERROR.' },
    LATER: { description: 'It depends on what earlier tasks or elements do and set.' },
  },
});

export enum PlannedStepKind {
  APPROVAL = 'APPROVAL',
  WORKFLOW = 'WORKFLOW',
}
registerEnumType(PlannedStepKind, {
  name: 'PlannedStepKind',
  description: 'What an element of a pipeline is.',
  valuesConfig: {
    APPROVAL: { description: 'Somebody decides.' },
    WORKFLOW: { description: 'A workflow runs.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'Something that stands against a start, or against its success.' })
export class PlanProblem {
  @Field(() => String, {
    description:
      'For programs: `FORBIDDEN`, `NO_APPROVER` (an approval that no existing user group can give), `CONDITION_ERROR`, `NO_AGENT`, `SECRET_MISSING`, or the rule that an input breaks, as INVALID_INPUT of `startExecution` ' +
      'names it: `REQUIRED`, `TYPE`, `UNKNOWN_VARIABLE` and so on.',
  })
  code!: string;

  @Field(() => Boolean, {
    description:
      '`startExecution` would refuse it; else it would be taken, and wait (`NO_AGENT`, `NO_APPROVER`) or fail when it gets there.',
  })
  refuses!: boolean;

  @Field(() => String, { nullable: true, description: 'The input that it is about, such as `serviceInputs.web`.' })
  field!: string | null;

  @Field(() => String, { description: 'For people.' })
  message!: string;
}

@ObjectType({ simpleResolvers: true, description: 'A condition, before anything runs.' })
export class PlannedCondition {
  @Field(() => String, { description: 'As it is written.' })
  expression!: string;

  @Field(() => PlannedOutcome, { description: 'What it would decide.' })
  outcome!: string;

  @Field(() => String, { nullable: true, description: 'The expression and the values that it sees, unless it runs.' })
  reason!: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'A task as it would be run, all combinations of its matrix together.',
})
export class PlannedTask {
  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => Int, { description: 'How far it is from a task that depends on nothing, from 0.' })
  level!: number;

  @Field(() => Int, { description: 'How many combinations it has; 1 without a matrix.' })
  combinations!: number;

  @Field(() => String, { nullable: true, description: 'Its `if`.' })
  condition!: string | null;

  @Field(() => Int, { description: 'How many combinations would run, as far as their conditions go.' })
  runs!: number;

  @Field(() => Int, { description: 'How many would be skipped.' })
  skipped!: number;

  @Field(() => Int, { description: 'How many have a condition that can’t be decided.' })
  fails!: number;

  @Field(() => Int, { description: 'Of how many it is known only when earlier tasks are done.' })
  undecided!: number;

  @Field(() => String, { nullable: true, description: 'Why the first of them does not run that does not.' })
  reason!: string | null;

  @Field(() => [String], { description: 'The labels that an agent must have, as `key=value`.' })
  labels!: string[];

  @Field(() => [String], { description: 'Names of agents that are online and have them, at most 20.' })
  agents!: string[];

  @Field(() => Int, { description: 'How many such agents there are.' })
  agentCount!: number;

  @Field(() => Int, { description: 'How many jobs they run side by side, all together, whatever they do now.' })
  slots!: number;
}

@ObjectType({
  simpleResolvers: true,
  description: 'An element of a pipeline as it would be run; or the workflow, when one is started alone.',
})
export class PlannedStep {
  @Field(() => String, { nullable: true, description: 'Its stage; null for a workflow that is started alone.' })
  stageName!: string | null;

  @Field(() => String, { nullable: true, description: 'Its name in the pipeline; null for a workflow alone.' })
  stepName!: string | null;

  @Field(() => PlannedStepKind, { description: 'What it is.' })
  kind!: string;

  @Field(() => String, { nullable: true, description: 'The workflow that it runs.' })
  workflowName!: string | null;

  @Field(() => PlannedCondition, { nullable: true, description: 'Its `skip_condition`, and what that would decide.' })
  skipCondition!: PlannedCondition | null;

  @Field(() => [String], {
    description: 'Names of the variables that it will ask for when it is reached; conditions on them are LATER.',
  })
  asks!: string[];

  @Field(() => WorkflowModeEnum, { nullable: true, description: 'How the graph would be run.' })
  mode!: string | null;

  @Field(() => Int, { nullable: true, description: 'How many tasks run side by side; null: no bound.' })
  maxParallel!: number | null;

  @Field(() => Int, { description: 'How many tasks it has, combinations counted.' })
  taskCount!: number;

  @Field(() => Int, { description: 'How many levels its graph has.' })
  levelCount!: number;

  @Field(() => [PlannedTask], { description: 'Its tasks, level by level.' })
  tasks!: PlannedTask[];
}

@ObjectType({
  simpleResolvers: true,
  description:
    'What `startExecution` would do with an input, and everything that stands against it. Nothing is written.',
})
export class ExecutionPlan {
  @Field(() => Boolean, { description: 'It would not be refused, as things stand now.' })
  startable!: boolean;

  @Field(() => [PlanProblem], { description: 'All problems at once; those that refuse the start come first.' })
  problems!: PlanProblem[];

  @Field(() => [PreviewedEnvironment], { description: 'The environments that it would touch, and whether you may.' })
  environmentAccess!: PreviewedEnvironment[];

  @Field(() => [PlannedStep], { description: 'The elements of the pipeline in order, or the one workflow.' })
  steps!: PlannedStep[];
}
