import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
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
  description: 'Result of a condition, as far as it can be known before anything runs.',
  valuesConfig: {
    RUNS: { description: 'It would run.' },
    SKIPPED: { description: 'It would be skipped.' },
    FAILS: { description: 'It could not be decided: CONDITION_ERROR.' },
    LATER: { description: 'It depends on the results of earlier tasks or elements.' },
  },
});

export enum PlannedStepKind {
  APPROVAL = 'APPROVAL',
  WORKFLOW = 'WORKFLOW',
}
registerEnumType(PlannedStepKind, {
  name: 'PlannedStepKind',
  description: 'Kind of a pipeline element.',
  valuesConfig: {
    APPROVAL: { description: 'Approval by a person.' },
    WORKFLOW: { description: 'Workflow.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'Problem that prevents a start, or its success.' })
export class PlanProblem {
  @Field(() => String, {
    description:
      'Code of the problem: `FORBIDDEN`, `NO_APPROVER` (an approval that no existing user group can give), ' +
      '`CONDITION_ERROR`, `NO_AGENT`, `SECRET_MISSING`, or the rule that an input breaks, as in INVALID_INPUT of ' +
      '`startExecution`: `REQUIRED`, `TYPE`, `UNKNOWN_VARIABLE` and others.',
  })
  code!: string;

  @Field(() => Boolean, {
    description:
      'True if `startExecution` would fail. Otherwise the execution would start, and wait (`NO_AGENT`, `NO_APPROVER`) ' +
      'or fail when it gets there.',
  })
  refuses!: boolean;

  @Field(() => String, { nullable: true, description: 'Input that the problem is about, such as `serviceInputs.web`.' })
  field!: string | null;

  @Field(() => String, { description: 'Explanation.' })
  message!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Condition, before anything runs.' })
export class PlannedCondition {
  @Field(() => String, { description: 'Expression, as written.' })
  expression!: string;

  @Field(() => PlannedOutcome, { description: 'Result of the condition.' })
  outcome!: string;

  @Field(() => String, { nullable: true, description: 'Expression and the values that it sees, unless it would run.' })
  reason!: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Task as it would run, all combinations of its matrix together.',
})
export class PlannedTask {
  @Field(() => String, { description: 'Name.' })
  name!: string;

  @Field(() => Int, { description: 'Distance from a task that depends on nothing, from 0.' })
  level!: number;

  @Field(() => Int, { description: 'Number of combinations; 1 without a matrix.' })
  combinations!: number;

  @Field(() => String, { nullable: true, description: 'Condition from `if`.' })
  condition!: string | null;

  @Field(() => Int, { description: 'Number of combinations that would run.' })
  runs!: number;

  @Field(() => [String], { description: 'Names of the user groups that it asks, if it is an approval.' })
  approvers!: string[];

  @Field(() => Int, { description: 'Number of combinations that would be skipped.' })
  skipped!: number;

  @Field(() => Int, { description: 'Number of combinations whose condition can’t be decided.' })
  fails!: number;

  @Field(() => Int, { description: 'Number of combinations that can be decided only when earlier tasks are done.' })
  undecided!: number;

  @Field(() => String, { nullable: true, description: 'Reason of the first combination that would not run.' })
  reason!: string | null;

  @Field(() => [String], {
    description:
      'Conditions on the labels of an agent, such as `os=linux`: those of the task, and those of its environment and of the secrets that it uses. Empty for approvals and for tasks that run a workflow.',
  })
  labels!: string[];

  @Field(() => [String], {
    description:
      'Names of online agents that could run it, at most 20: they meet these conditions, may run jobs of the application, and are neither paused nor draining.',
  })
  agents!: string[];

  @Field(() => Int, { description: 'Number of such agents.' })
  agentCount!: number;

  @Field(() => Int, { description: 'Total number of slots of these agents, free or in use.' })
  slots!: number;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Pipeline element as it would run, or the workflow of a standalone start.',
})
export class PlannedStep {
  @Field(() => String, { nullable: true, description: 'Name of the stage. Null for a standalone workflow.' })
  stageName!: string | null;

  @Field(() => String, { nullable: true, description: 'Name in the pipeline. Null for a standalone workflow.' })
  stepName!: string | null;

  @Field(() => PlannedStepKind, { description: 'Kind of the element.' })
  kind!: string;

  @Field(() => String, { nullable: true, description: 'Name of the workflow that it runs.' })
  workflowName!: string | null;

  @Field(() => PlannedCondition, { nullable: true, description: 'Condition from `skip_condition`, and its result.' })
  skipCondition!: PlannedCondition | null;

  @Field(() => [String], {
    description: 'Names of the variables that it will ask for when it is reached. Conditions on them are LATER.',
  })
  asks!: string[];

  @Field(() => [String], {
    description:
      'Names of the variables that outputs of earlier stages fill when it is reached. Conditions on them are LATER.',
  })
  fills!: string[];

  @Field(() => WorkflowModeEnum, { nullable: true, description: 'Order in which the graph would run.' })
  mode!: string | null;

  @Field(() => Int, { nullable: true, description: 'Maximum number of tasks that run in parallel. Null: unlimited.' })
  maxParallel!: number | null;

  @Field(() => Int, { description: 'Number of tasks, including combinations.' })
  taskCount!: number;

  @Field(() => Int, { description: 'Number of levels of the graph.' })
  levelCount!: number;

  @Field(() => [PlannedTask], { description: 'Tasks, level by level.' })
  tasks!: PlannedTask[];
}

@ObjectType({
  description: 'Image that a start would deploy to an environment, and the image deployed there now.',
})
export class PlannedDeployment {
  @Field(() => ID, { description: 'ID of the environment.' })
  environmentId!: string;

  @Field(() => ID, { description: 'ID of the service.' })
  serviceId!: string;

  @Field(() => String, { description: 'Image that would be deployed.' })
  image!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Plan for a start, with every problem found.',
})
export class ExecutionPlan {
  @Field(() => Boolean, { description: 'True if `startExecution` would accept the input now.' })
  startable!: boolean;

  @Field(() => [PlanProblem], { description: 'All problems. Those that prevent the start come first.' })
  problems!: PlanProblem[];

  @Field(() => [PreviewedEnvironment], {
    description: 'Environments that it would touch, and whether the caller may run in them.',
  })
  environmentAccess!: PreviewedEnvironment[];

  @Field(() => [PlannedStep], { description: 'Elements of the pipeline in order, or the one workflow.' })
  steps!: PlannedStep[];

  @Field(() => [PlannedDeployment], {
    description: 'Images that it would bring to environments, unless a condition skips the element or task.',
  })
  deployments!: PlannedDeployment[];
}
