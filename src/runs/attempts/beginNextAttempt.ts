import { advancePipeline, runMayBegin } from '../../engine/advancePipeline';
import { elementMayBegin } from '../../engine/beginElement';
import type { Execution, StageExecution } from '../../engine/execution';
import { refuseFrozenRun } from '../../engine/freezes';
import { adoptMember, type AttemptCause, beginAttempt } from '../../engine/nextAttempt';
import { resumeWorkflow, type WorkflowContinuation } from '../../engine/resumeWorkflow';
import type { RunSlice } from '../../engine/runSlice';
import { wantsOf } from '../../engine/facts';
import type { RunTransaction } from '../execution/runTransaction';
import type { UnfinishedTask } from '../execution/tasks.store';
import type { AttemptPlan } from './resumePlan';
import { readContinuation } from './resumeWorkflow';
import type { WorkflowNext } from './resumeWorkflowPlan';

/** Begins the next attempt of a pipeline execution, as planned. */
export async function beginNextAttempt(
  db: RunTransaction,
  execution: Execution,
  plan: AttemptPlan,
  cause: AttemptCause,
  unfinished?: readonly UnfinishedTask[],
): Promise<Execution> {
  const continued = plan.elements.flatMap(({ stage, next }) => (next === null ? [] : [{ stage, next }]));
  const [continuations] = await Promise.all([
    Promise.all(continued.map(({ next }) => readContinuation(db, next, unfinished))),
    db.load([
      ...wantsOf(execution.id, 'execution'),
      ...wantsOf(plan.revisionId, 'pipeline'),
      ...continued.flatMap(({ next }) => wantsOf(next.execution.id, 'execution')),
    ]),
  ]);
  return db.decide((run) => {
    const { mode, maxParallel, environmentId } = execution;
    const inputs = { revisionId: plan.revisionId, variables: plan.variables, images: plan.images ?? execution.images };
    const { timeoutSeconds } = run.fact('pipeline', plan.revisionId);
    const own = { mode, maxParallel, environmentId, openTasks: 0, timeoutSeconds };
    beginAttempt(run, run.execution(execution.id), { ...cause, ...inputs, ...own });
    run.setPlan(
      execution.id,
      plan.kept,
      plan.elements.map(({ stage }) => stage),
    );
    const mayBegin = runMayBegin(run, execution.id);
    const begun = continued.filter(({ stage }, index) =>
      beginsNow(run, execution.id, stage, continuations[index] as WorkflowContinuation, mayBegin),
    );
    refuseFrozenRun(run, execution.id);
    // All are adopted before the first continues: a workflow with nothing left to do ends immediately, and the pipeline
    // then reads all of them.
    for (const { stage, next } of begun) adoptMember(run, next.execution.id, execution.id, stage.id);
    const ids = new Set(begun.map(({ next }) => next.execution.id));
    for (const one of continuations) if (ids.has(one.executionId)) resumeWorkflow(run, one, cause);
    advancePipeline(run, execution.id);
    return run.execution(execution.id);
  });
}

/** True if an element may continue its workflow now. Otherwise it remembers how, until it may. */
function beginsNow(
  run: RunSlice,
  id: string,
  { id: stageId }: StageExecution,
  { executionId, nodes, dropped }: WorkflowContinuation,
  runMay: boolean,
): boolean {
  const stage = run.element(id, stageId);
  const continues = { executionId, tasks: nodes.map(({ name }) => name), dropped };
  run.setStage(stage, { ...stage, workflowExecutionId: null, continues });
  const begins = runMay && elementMayBegin(run, run.execution(id), run.element(id, stageId));
  if (begins) run.setStage(stage, { ...run.element(id, stageId), continues: null });
  return begins;
}

/** The same for a workflow execution. */
export async function beginWorkflowAttempt(
  db: RunTransaction,
  next: WorkflowNext,
  cause: AttemptCause,
  unfinished?: readonly UnfinishedTask[],
): Promise<Execution> {
  const [continuation] = await Promise.all([
    readContinuation(db, next, unfinished),
    db.load([...wantsOf(next.execution.id, 'execution'), ...wantsOf(next.revisionId, 'workflow')]),
  ]);
  return db.decide((run) => {
    resumeWorkflow(run, continuation, cause);
    return run.execution(next.execution.id);
  });
}
