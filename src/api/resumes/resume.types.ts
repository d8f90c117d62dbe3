import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { EventActor } from '../access/actor.types';
import { RedeployingCommandInput } from '../executions/runCommand.inputs';
import { VariableInputType } from '../executions/executions.inputs';
import { ExecutionInterface, ExecutionStatusEnum, WorkflowModeEnum } from '../executions/executions.types';
import type { VariableInput } from '../../engine/resolveVariables';

export enum ParallelMode {
  ALL = 'ALL',
  FAILED_ONLY = 'FAILED_ONLY',
}
registerEnumType(ParallelMode, {
  name: 'ParallelMode',
  description: 'Elements of the named stage that run again.',
  valuesConfig: {
    ALL: { description: 'All elements, including those that succeeded.' },
    FAILED_ONLY: { description: 'Only elements that did not succeed.' },
  },
});

export enum ResumeGranularity {
  STAGE = 'STAGE',
  TASK = 'TASK',
}
registerEnumType(ResumeGranularity, {
  name: 'ResumeGranularity',
  description: 'Extent to which a workflow in the named stage runs again.',
  valuesConfig: {
    STAGE: { description: 'All tasks, as a new workflow execution.' },
    TASK: { description: 'Only tasks that did not succeed, as the next attempt of the same workflow execution.' },
  },
});

export enum ResumeDefinition {
  PINNED = 'PINNED',
  LATEST = 'LATEST',
}
registerEnumType(ResumeDefinition, {
  name: 'ResumeDefinition',
  description: 'Definition that an execution continues with.',
  valuesConfig: {
    PINNED: { description: 'The revisions that it has run so far.' },
    LATEST: {
      description:
        'The current revisions. What runs again may have changed, and new stages and tasks run. Fails with ' +
        'INCOMPATIBLE_DEFINITION if something that would be kept was renamed, removed, moved or rewired, and with ' +
        'INVALID_INPUT if a variable or image is needed that the start did not give.',
    },
  },
});

/** Description of `definition` for every command that continues an execution. */
const LATEST_OR_NOT =
  'Definition to continue with. Defaults to PINNED. LATEST fails with INCOMPATIBLE_DEFINITION if a stage or task ' +
  'that is kept, including a task of a kept stage’s workflow, was renamed, removed or rewired. In a kept stage, ' +
  'changed commands and new tasks do not run.';
const FORCE =
  'True to use LATEST even if it is incompatible with kept parts. Removed parts are no longer kept, tasks with other ' +
  'dependencies keep their results, and parts added before the kept ones do not run. A kept element keeps its ' +
  'results even if tasks of its workflow were renamed; its files keep their old names. With PINNED it fails with ' +
  'INVALID_INPUT, rule LATEST_ONLY.';

export enum AttemptKindEnum {
  START = 'START',
  RESUME = 'RESUME',
  RERUN = 'RERUN',
  EXTEND = 'EXTEND',
  RESTORE = 'RESTORE',
  ROLLBACK = 'ROLLBACK',
  OBSERVE = 'OBSERVE',
}
registerEnumType(AttemptKindEnum, {
  name: 'AttemptKind',
  description: 'Cause of an attempt.',
  valuesConfig: {
    START: { description: 'Start of the execution.' },
    RESUME: { description: '`resumeExecution` or `resumeWorkflowExecution`.' },
    RERUN: { description: '`rerunExecution`.' },
    EXTEND: { description: '`addImagesToRun`.' },
    RESTORE: { description: 'Successful `restoreRun`. Shows the same as its base.' },
    ROLLBACK: {
      description:
        'Start of a run that brings environments back: `rollbackEnvironment`, `restoreEnvironments`, or a stage with `on_failure: rollback`.',
    },
    OBSERVE: { description: 'Start of a run that observes an environment: the `observe` of a workflow.' },
  },
});

@InputType({
  description:
    'Input of `resumeExecution` and `resumePreview`. The inputs, variables and images of the start can’t be changed.',
})
export class ResumeExecutionInput extends RedeployingCommandInput {
  @Field(() => ID, { description: 'ID of the execution’s application.' })
  applicationId!: string;

  @Field(() => ID, { description: 'ID of the pipeline execution.' })
  pipelineExecutionId!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Stage to resume from, such as `STAGE 3`. It and all later stages run. Defaults to the first stage that did not ' +
      'succeed.',
  })
  pipelineStageName?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of an element of that stage, for a stage name that is used more than once.',
  })
  pipelineStageElementId?: string | null;

  @Field(() => ParallelMode, { nullable: true, description: 'Elements of that stage that run again. Defaults to ALL.' })
  parallelMode?: ParallelMode | null;

  @Field(() => ResumeGranularity, {
    nullable: true,
    description: 'Extent to which its workflows run again. Defaults to STAGE.',
  })
  granularity?: ResumeGranularity | null;

  @Field(() => ResumeDefinition, { nullable: true, description: LATEST_OR_NOT })
  definition?: ResumeDefinition | null;

  @Field(() => Boolean, { nullable: true, description: FORCE })
  force?: boolean | null;

  @Field(() => WorkflowModeEnum, {
    nullable: true,
    description: 'Order in which all workflows that run again run their graphs. Defaults to the previous one.',
  })
  executionMode?: WorkflowModeEnum | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Maximum number of tasks of each of these workflows that run in parallel. Defaults to the previous one.',
  })
  maxParallel?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True if elements that start anew ask for their runtime inputs again, with the earlier answers as defaults. ' +
      'Defaults to false: they keep those answers.',
  })
  askRuntimeInputs?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: '`planToken` of a preview. Fails with PLAN_STALE if anything changed since.',
  })
  planToken?: string | null;
}

@InputType({ description: 'Input of `resumeWorkflowExecution` and `resumeWorkflowPreview`.' })
export class ResumeWorkflowExecutionInput extends RedeployingCommandInput {
  @Field(() => ID, { description: 'ID of the execution’s application.' })
  applicationId!: string;

  @Field(() => ID, { description: 'ID of the workflow execution.' })
  workflowExecutionId!: string;

  @Field(() => WorkflowModeEnum, {
    nullable: true,
    description: 'Order in which the graph runs. Defaults to the previous one.',
  })
  mode?: WorkflowModeEnum | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Maximum number of tasks that run in parallel. Defaults to the previous one.',
  })
  maxParallel?: number | null;

  @Field(() => [VariableInputType], {
    nullable: true,
    description:
      'Values that override those of the start, for tasks that run again. Omitted variables keep their values. Rejected ' +
      'for variables that a kept task set (TASK_OWNED), for fixed and unknown variables, and for another `environment`.',
  })
  variableInputs?: VariableInput[] | null;

  @Field(() => ResumeDefinition, { nullable: true, description: LATEST_OR_NOT })
  definition?: ResumeDefinition | null;

  @Field(() => Boolean, { nullable: true, description: FORCE })
  force?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True to run tasks again whose failure was ignored. Defaults to false. Dependent tasks that succeeded are kept.',
  })
  rerunIgnoredFailures?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True to decide again about tasks that a condition skipped. Defaults to false. Dependent tasks that succeeded ' +
      'are kept.',
  })
  reevaluateSkipped?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: '`planToken` of a preview. Fails with PLAN_STALE if anything changed since.',
  })
  planToken?: string | null;
}

@InputType({ description: 'Input of `rerunExecution`.' })
export class RerunExecutionInput extends RedeployingCommandInput {
  @Field(() => ID, { description: 'ID of the execution’s application.' })
  applicationId!: string;

  @Field(() => ID, { description: 'ID of the execution, of a pipeline or a standalone workflow.' })
  executionId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Result of resuming or rerunning an execution.' })
export class ResumeExecutionPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => ExecutionInterface, {
    description: 'The same execution in its next attempt: RESUMING until its first part runs.',
  })
  execution!: object;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Result of checking whether an execution can be resumed from a stage.',
})
export class StageResumability {
  @Field(() => String, { description: 'Name of the stage.' })
  name!: string;

  @Field(() => ID, { description: 'ID of the stage element.' })
  elementId!: string;

  @Field(() => Boolean, { description: 'True if a resume from there would be accepted.' })
  resumable!: boolean;

  @Field(() => String, { nullable: true, description: 'Reason why it would fail. Null if it would be accepted.' })
  reason!: string | null;
}

@ObjectType('Resumability', {
  simpleResolvers: true,
  description: 'Resume options of an execution, by the rules that the mutation follows.',
})
export class ResumabilityType {
  @Field(() => Boolean, { description: 'True if it can be resumed.' })
  resumable!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Reason why it can’t be resumed, and what to do instead. Null if it can be resumed.',
  })
  reason!: string | null;

  @Field(() => [StageResumability], { description: 'Stage elements to resume from. Empty for a workflow.' })
  stages!: StageResumability[];
}

@ObjectType('FreezeOverride', { simpleResolvers: true, description: 'Override of freezes by an attempt.' })
export class FreezeOverrideType {
  @Field(() => EventActor, { description: 'User or API key that overrode them.' })
  by!: object;

  @Field(() => String, { description: 'Reason that was given.' })
  reason!: string;
}

@ObjectType('ExecutionAttempt', { description: 'One attempt of an execution. Immutable once it has ended.' })
export class ExecutionAttemptType {
  @Field(() => Int, { description: 'Number of the attempt, from 1.' })
  attempt!: number;

  @Field(() => AttemptKindEnum, { description: 'Cause of the attempt.' })
  kind!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Attempt that it continues; for a RESTORE, the attempt that it restores. Null for the first one.',
  })
  base!: number | null;

  @Field(() => String, { nullable: true, description: 'Reason given with the request.' })
  reason!: string | null;

  @Field(() => FreezeOverrideType, {
    nullable: true,
    description: 'Override of freezes: its elements begin in spite of them. Null: none.',
  })
  freezeOverride!: object | null;

  @Field(() => String, { nullable: true, description: 'Stage that it resumed from. Null for a start.' })
  fromStage!: string | null;

  @Field(() => ExecutionStatusEnum, {
    nullable: true,
    description: 'Status in which it ended. Null while it is active.',
  })
  status!: string | null;

  @Field(() => String, { nullable: true, description: 'Code of the failure. Null unless it failed.' })
  failureCode!: string | null;

  @Field(() => String, { nullable: true, description: 'Explanation of the failure.' })
  failureDetails!: string | null;

  @Field(() => Date, { description: 'Time of the request.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Time at which its first part ran.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time at which it became final.' })
  endedAt!: Date | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Time from start to end, in milliseconds. Null while it is active.',
  })
  durationMs!: number | null;
}
