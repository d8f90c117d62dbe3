import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ReasonedCommandInput } from '../executions/runCommand.inputs';
import { VariableInputType } from '../executions/executions.inputs';
import { ExecutionInterface, ExecutionStatusEnum, WorkflowModeEnum } from '../executions/executions.types';
import type { VariableInput } from '../../engine/resolveVariables';

export enum ParallelMode {
  ALL = 'ALL',
  FAILED_ONLY = 'FAILED_ONLY',
}
registerEnumType(ParallelMode, {
  name: 'ParallelMode',
  description: 'Which elements of the named stage run again.',
  valuesConfig: {
    ALL: { description: 'All of them, also those that had succeeded.' },
    FAILED_ONLY: { description: 'Those that had not succeeded.' },
  },
});

export enum ResumeGranularity {
  STAGE = 'STAGE',
  TASK = 'TASK',
}
registerEnumType(ResumeGranularity, {
  name: 'ResumeGranularity',
  description: 'How much of a workflow in the named stage runs again.',
  valuesConfig: {
    STAGE: { description: 'All of its tasks, as a new workflow execution.' },
    TASK: { description: 'Its tasks that had not succeeded, as the next attempt of the same workflow execution.' },
  },
});

export enum ResumeDefinition {
  PINNED = 'PINNED',
  LATEST = 'LATEST',
}
registerEnumType(ResumeDefinition, {
  name: 'ResumeDefinition',
  description: 'Which definition an execution goes on with.',
  valuesConfig: {
    PINNED: { description: 'The revisions that it ran so far.' },
    LATEST: {
      description:
        'The current ones. What runs again may have changed, and new stages and tasks run. INCOMPATIBLE_DEFINITION when something that would be kept was renamed, removed, moved or waits for other tasks; ' +
        'INVALID_INPUT when a variable or image is needed now that the start did not give.',
    },
  },
});

/** What can be said of the definition, wherever an execution goes on. */
const LATEST_OR_NOT =
  'Which definition it goes on with; by default PINNED. LATEST is refused with INCOMPATIBLE_DEFINITION where a stage or task that is kept, also a task of a kept stage’s workflow, was renamed, removed or rewired; a changed command of it, or a new task beside it, does not run.';
const FORCE =
  'With LATEST, also when what is kept does not fit: what is gone is not kept any more, what waits for other tasks now keeps its result, and what was added before the kept ones does not run. An element that is kept stays as it ran, whatever its workflow’s tasks are called now; files are found under the names of then. With PINNED it is refused as INVALID_INPUT, rule LATEST_ONLY.';

export enum AttemptKindEnum {
  START = 'START',
  RESUME = 'RESUME',
  RERUN = 'RERUN',
  EXTEND = 'EXTEND',
  RESTORE = 'RESTORE',
}
registerEnumType(AttemptKindEnum, {
  name: 'AttemptKind',
  description: 'What began an attempt.',
  valuesConfig: {
    START: { description: 'The start of the execution.' },
    RESUME: { description: '`resumeExecution` or `resumeWorkflowExecution`.' },
    RERUN: { description: '`rerunExecution`.' },
    EXTEND: { description: '`addImagesToRun`.' },
    RESTORE: { description: '`restoreRun`, once it has succeeded: it shows what its base shows.' },
  },
});

@InputType({
  description:
    'From where a pipeline execution is to go on. Inputs, variables and images of the start can’t be changed.',
})
export class ResumeExecutionInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'The application of the execution.' })
  applicationId!: string;

  @Field(() => ID, { description: 'The pipeline execution.' })
  pipelineExecutionId!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The stage to go on from, such as `STAGE 3`: it and the later ones run. Without it and the element id: the first stage that did not succeed.',
  })
  pipelineStageName?: string | null;

  @Field(() => ID, { nullable: true, description: 'An element of that stage, where its name is used more than once.' })
  pipelineStageElementId?: string | null;

  @Field(() => ParallelMode, { nullable: true, description: 'Which elements of that stage run again; by default ALL.' })
  parallelMode?: ParallelMode | null;

  @Field(() => ResumeGranularity, {
    nullable: true,
    description: 'How much of its workflows runs again; by default STAGE.',
  })
  granularity?: ResumeGranularity | null;

  @Field(() => ResumeDefinition, { nullable: true, description: LATEST_OR_NOT })
  definition?: ResumeDefinition | null;

  @Field(() => Boolean, { nullable: true, description: FORCE })
  force?: boolean | null;

  @Field(() => WorkflowModeEnum, {
    nullable: true,
    description: 'How the workflows of all stages that run again are run; by default as before.',
  })
  executionMode?: WorkflowModeEnum | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many tasks of each of these workflows run side by side; by default as before.',
  })
  maxParallel?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether elements that begin anew ask for their runtime inputs again, with the earlier answers as defaults. By default they keep those answers.',
  })
  askRuntimeInputs?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: '`planToken` of a preview; PLAN_STALE when anything changed since.',
  })
  planToken?: string | null;
}

@InputType({ description: 'Which execution of a workflow by itself is to go on.' })
export class ResumeWorkflowExecutionInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'The application of the execution.' })
  applicationId!: string;

  @Field(() => ID, { description: 'The workflow execution.' })
  workflowExecutionId!: string;

  @Field(() => WorkflowModeEnum, { nullable: true, description: 'How its graph is run; by default as before.' })
  mode?: WorkflowModeEnum | null;

  @Field(() => Int, { nullable: true, description: 'How many tasks run side by side; by default as before.' })
  maxParallel?: number | null;

  @Field(() => [VariableInputType], {
    nullable: true,
    description:
      'Values in place of those that the start gave, for what runs again; those that are not named stay. Refused for what a kept task has set (TASK_OWNED), for fixed and for unknown variables, and for another `environment`.',
  })
  variableInputs?: VariableInput[] | null;

  @Field(() => ResumeDefinition, { nullable: true, description: LATEST_OR_NOT })
  definition?: ResumeDefinition | null;

  @Field(() => Boolean, { nullable: true, description: FORCE })
  force?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether tasks that failed, which was ignored, run again; by default false. What depends on them and succeeded is kept.',
  })
  rerunIgnoredFailures?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether tasks that a condition skipped are decided again; by default false. What depends on them and succeeded is kept.',
  })
  reevaluateSkipped?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: '`planToken` of a preview; PLAN_STALE when anything changed since.',
  })
  planToken?: string | null;
}

@InputType({ description: 'Which execution is to run again from its beginning.' })
export class RerunExecutionInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'The application of the execution.' })
  applicationId!: string;

  @Field(() => ID, { description: 'The execution: of a pipeline, or of a workflow by itself.' })
  executionId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'An execution that goes on.' })
export class ResumeExecutionPayload {
  @Field(() => String, { nullable: true, description: 'As it was given.' })
  clientMutationId!: string | null;

  @Field(() => ExecutionInterface, {
    description: 'The same execution, with its next attempt: RESUMING until the first of it runs.',
  })
  execution!: object;
}

@ObjectType({ simpleResolvers: true, description: 'Whether an execution can go on from a stage.' })
export class StageResumability {
  @Field(() => String, { description: 'The name of the stage.' })
  name!: string;

  @Field(() => ID, { description: 'The element of the stage.' })
  elementId!: string;

  @Field(() => Boolean, { description: 'Whether a resume from there would be taken.' })
  resumable!: boolean;

  @Field(() => String, { nullable: true, description: 'Why not.' })
  reason!: string | null;
}

@ObjectType('Resumability', {
  simpleResolvers: true,
  description: 'Whether an execution can go on, by the rules that the mutation follows.',
})
export class ResumabilityType {
  @Field(() => Boolean, { description: 'Whether it can.' })
  resumable!: boolean;

  @Field(() => String, { nullable: true, description: 'Why not, and what can be done instead.' })
  reason!: string | null;

  @Field(() => [StageResumability], { description: 'From which elements of its stages; empty for a workflow.' })
  stages!: StageResumability[];
}

@ObjectType('ExecutionAttempt', { description: 'One attempt of an execution. Immutable once it ended.' })
export class ExecutionAttemptType {
  @Field(() => Int, { description: 'From 1.' })
  attempt!: number;

  @Field(() => AttemptKindEnum, { description: 'What began it.' })
  kind!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Attempt that it continues; of a RESTORE, the attempt that it restores. Null for a START.',
  })
  base!: number | null;

  @Field(() => String, { nullable: true, description: 'What was said when it was asked for.' })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'The stage that it went on from; null for a start.' })
  fromStage!: string | null;

  @Field(() => ExecutionStatusEnum, { nullable: true, description: 'How it ended; null while it is active.' })
  status!: string | null;

  @Field(() => String, { nullable: true, description: 'Why it did not succeed.' })
  failureCode!: string | null;

  @Field(() => String, { nullable: true, description: 'The same in words.' })
  failureDetails!: string | null;

  @Field(() => Date, { description: 'When it was asked for.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When the first of it ran.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it became final.' })
  endedAt!: Date | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Milliseconds from its start to its end; null while it is active.',
  })
  durationMs!: number | null;
}
