import { isFinal, isResumable } from '../contract/statuses';
import { type Execution, type StageExecution } from './execution';
import { Refusal } from '../kernel/errors';
import type { WorkflowMode } from '../catalog/language/workflow';

/** Stage from which a pipeline execution resumes, and how much of it runs. */
export interface ResumeChoice {
  /** Stage to resume from, by name or by element. Defaults to the first stage that did not succeed. */
  readonly pipelineStageName?: string | null;
  readonly pipelineStageElementId?: string | null;
  /** ALL (default): all elements of the stage run again; FAILED_ONLY: those that had not succeeded. */
  readonly parallelMode?: 'ALL' | 'FAILED_ONLY' | null;
  /** STAGE (default): the tasks of the stage's workflows run again; TASK: those that succeeded are kept. */
  readonly granularity?: 'STAGE' | 'TASK' | null;
  /** PINNED (default): the revision that it ran; LATEST: the current one. */
  readonly definition?: DefinitionChoice | null;
  /** True to proceed even if kept parts do not fit the latest definition. */
  readonly force?: boolean | null;
  /** Mode of the workflows that run again; by default as before. */
  readonly executionMode?: WorkflowMode | null;
  /** True to request runtime inputs of elements that start again; by default they keep the answers. */
  readonly askRuntimeInputs?: boolean | null;
  readonly maxParallel?: number | null;
}

export type DefinitionChoice = 'PINNED' | 'LATEST';

export interface ResumeDecision {
  readonly stageIndex: number;
  readonly stageName: string;
  /** Elements that keep their results. */
  readonly kept: readonly StageExecution[];
  /** Elements that run again, including those of later stages. */
  readonly again: readonly StageExecution[];
}

/**
 * Error for a caller that saw the execution before another user began its attempt, or does not know of that attempt.
 */
export function begunMeanwhile({ status, attempt, version, pause }: Execution): Refusal | null {
  const active = ['QUEUED', 'RUNNING', 'WAITING'].includes(status) || (status === 'PAUSED' && pause === null);
  if (status !== 'RESUMING' && !(attempt > 1 && active)) return null;
  const message = `Another request came first: attempt ${attempt} of this execution is ${status}.`;
  return new Refusal('CONFLICT', message, { status, version });
}

/** Reason why an execution can’t begin another attempt with this verb, and the alternative; null if it can. */
export function refuseAttempt(execution: Execution, verb: 'resume' | 'rerun'): Refusal | null {
  const { status, version } = execution;
  const begun = begunMeanwhile(execution);
  if (begun !== null) return begun;
  if (verb === 'rerun' ? isFinal(status) : isResumable(status)) return null;
  const instead =
    status === 'SUCCESS'
      ? 'it succeeded; use rerunExecution to run it again'
      : status === 'PAUSED'
        ? 'use continueExecution to continue it'
        : status === 'WAITING'
          ? 'it waits for a decision; use approveOrRejectApprovals or interveneExecution'
          : status === 'RESTORING'
            ? 'it is being restored; wait until the restore ends'
            : 'it is active; use abortExecution to end it';
  return new Refusal('NOT_RESUMABLE', `The execution is ${status}: ${instead}.`, { status, version });
}

/** True if a stage has begun in the attempts so far, according to its current rows. */
const wasReached = (elements: readonly StageExecution[]): boolean =>
  elements.some(
    (stage) =>
      stage.startedAt !== null ||
      stage.workflowExecutionId !== null ||
      // A decided condition means that it was reached, even though it did not begin. So does a failure, such as that of
      // a condition that can't be decided, or of a reference without a value.
      stage.reasonCode === 'CONDITION_TRUE' ||
      stage.status === 'FAILED',
  );

/** An element skipped because a parallel one failed was never done; one skipped by its condition is settled. */
const succeeded = (stage: StageExecution): boolean =>
  stage.status === 'SUCCESS' || (stage.status === 'SKIPPED' && stage.reasonCode !== 'NOT_STARTED') || stage.ignored;

/** Decides what a resume would keep and run again; pure. */
export function decideResume(
  execution: Execution,
  stages: readonly StageExecution[],
  choice: ResumeChoice,
): ResumeDecision | Refusal {
  const refusal = refuseAttempt(execution, 'resume');
  if (refusal !== null) return refusal;
  const stageIndex = findStage(stages, choice);
  if (stageIndex instanceof Refusal) return stageIndex;
  const elements = stages.filter((stage) => stage.stageIndex === stageIndex);
  const stageName = elements[0]?.stageName ?? '';
  if (!wasReached(elements)) {
    const names = [...new Set(stages.filter((stage) => wasReached([stage])).map((stage) => stage.stageName))];
    return new Refusal(
      'STAGE_NOT_EXECUTED',
      `Stage "${stageName}" was never reached; expected one of ${names.join(', ')}.`,
      {
        stages: names,
      },
    );
  }
  const failedOnly = choice.parallelMode === 'FAILED_ONLY';
  const runsAgain = (stage: StageExecution): boolean =>
    stage.stageIndex > stageIndex || (stage.stageIndex === stageIndex && !(failedOnly && succeeded(stage)));
  return {
    stageIndex,
    stageName,
    kept: stages.filter((stage) => !runsAgain(stage)),
    again: stages.filter(runsAgain),
  };
}

function findStage(stages: readonly StageExecution[], choice: ResumeChoice): number | Refusal {
  const names = [...new Set(stages.map((stage) => stage.stageName))];
  const { pipelineStageName: name, pipelineStageElementId: elementId } = choice;
  if (elementId != null) {
    const element = stages.find((stage) => stage.elementId === elementId);
    if (element !== undefined && (name == null || name === element.stageName)) return element.stageIndex;
    return new Refusal(
      'STAGE_NOT_FOUND',
      `Stage element "${elementId}" does not exist${name == null ? '' : ` in stage "${name}"`}.`,
      {
        stages: names,
      },
    );
  }
  if (name == null) {
    const failed = stages.find((stage) => isFinal(stage.status) && !succeeded(stage));
    return failed?.stageIndex ?? stages[0]?.stageIndex ?? 0;
  }
  const found = [...new Set(stages.filter((stage) => stage.stageName === name).map((stage) => stage.stageIndex))];
  if (found.length > 1) {
    return new Refusal('AMBIGUOUS_STAGE', `Several stages are named "${name}"; give pipelineStageElementId.`, {
      stages: names,
    });
  }
  return (
    found[0] ??
    new Refusal('STAGE_NOT_FOUND', `Stage "${name}" does not exist; expected one of ${names.join(', ')}.`, {
      stages: names,
    })
  );
}
