import { advancePipeline } from '../../engine/advancePipeline';
import type { Execution } from '../../engine/execution';
import { adoptMember, type AttemptCause, beginAttempt } from '../../engine/nextAttempt';
import { resumeWorkflow } from '../../engine/resumeWorkflow';
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
    // All are adopted before the first continues: a workflow with nothing left to do ends immediately, and the pipeline
    // then reads all of them.
    for (const { stage, next } of continued) adoptMember(run, next.execution.id, execution.id, stage.id);
    for (const continuation of continuations) resumeWorkflow(run, continuation, cause);
    advancePipeline(run, execution.id);
    return run.execution(execution.id);
  });
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
