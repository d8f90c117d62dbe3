import { readTraceparent, spanIdOf, traceIdOf } from '../../contract/traceIds';
import type { Change } from '../../engine/changes';
import type { Execution, StageExecution, TaskExecution } from '../../engine/execution';
import type { EndedSpan, Tracing } from '../../kernel/tracing';
import type { App } from '../app';
import type { RunObserver } from '../events/committed';
import { findEntityNames } from './traceNames.store';

/**
 * Reports a run as one trace: a span for each attempt of an execution, stage element and task that ended, made by the
 * server that committed the end, from the rows. Agents add their jobs.
 */
export function traceRuns(app: App, tracing: Tracing): RunObserver {
  const emit = (spans: readonly EndedSpan[]) => {
    for (const span of spans) tracing.emit(span);
  };
  return {
    committed({ changes }) {
      const executions: Execution[] = [];
      for (const { executions: changed, stages, tasks } of changes) {
        emit(endedIn(stages).flatMap(stageSpan));
        emit(endedIn(tasks).flatMap(taskSpan));
        executions.push(...endedIn(changed));
      }
      if (executions.length === 0) return;
      findEntityNames(
        app.database,
        executions.map((one) => one.entityId),
      )
        .then((names) => emit(executions.map((one) => executionSpan(one, names.get(one.entityId)))))
        // A span without a name is still useful.
        .catch(() => emit(executions.map((one) => executionSpan(one, undefined))));
    },
    waited: () => undefined,
    lagged: () => undefined,
    fired: () => undefined,
    delivered: () => undefined,
    refusedHook: () => undefined,
  };
}

function endedIn<Row extends { readonly endedAt: Date | null }>(changes: ReadonlyMap<string, Change<Row>>): Row[] {
  return [...changes.values()].flatMap(({ before, after }) =>
    after.endedAt !== null && before?.endedAt == null ? [after] : [],
  );
}

function executionSpan(execution: Execution, name: string | undefined): EndedSpan {
  const { id, kind, runId, attempt, status, parentStageExecutionId, applicationId, environmentId, cause } = execution;
  const end = execution.endedAt ?? execution.createdAt;
  const link = parentStageExecutionId === null ? readTraceparent(execution.traceparent) : null;
  return {
    name: `${kind.toLowerCase()}${name === undefined ? '' : ` ${name}`}`,
    traceId: traceIdOf(runId),
    spanId: spanIdOf('execution', id, attempt),
    parentId: parentStageExecutionId === null ? null : spanIdOf('element', parentStageExecutionId),
    start: execution.attemptStartedAt ?? (attempt === 1 ? execution.createdAt : end),
    end,
    attributes: {
      'slipway.execution.id': id,
      'slipway.run.id': runId,
      'slipway.attempt': attempt,
      'slipway.status': status,
      'slipway.application.id': applicationId,
      'slipway.actor': cause.name,
      ...(environmentId !== null && { 'slipway.environment.id': environmentId }),
      ...(execution.failureCode !== null && { 'slipway.reason': execution.failureCode }),
    },
    failure: failureOf(status, execution.failureCode),
    links: link === null ? [] : [link],
  };
}

function stageSpan(stage: StageExecution): EndedSpan[] {
  const { id, executionId, attempt, status, kind, stageName, stepName, startedAt, endedAt, reasonCode } = stage;
  if (startedAt === null || endedAt === null) return [];
  return [
    {
      name: `stage ${stageName}${stepName === stageName ? '' : ` / ${stepName}`}`,
      traceId: traceIdOf(executionId),
      spanId: spanIdOf('element', id),
      parentId: spanIdOf('execution', executionId, attempt),
      start: startedAt,
      end: endedAt,
      attributes: {
        'slipway.execution.id': executionId,
        'slipway.run.id': executionId,
        'slipway.stage.kind': kind,
        'slipway.attempt': attempt,
        'slipway.status': status,
        ...(reasonCode !== null && { 'slipway.reason': reasonCode }),
      },
      failure: failureOf(status, reasonCode),
    },
  ];
}

function taskSpan(task: TaskExecution): EndedSpan[] {
  const { id, executionId, runId, attempt, name, type, status, startedAt, endedAt, reasonCode, exitCode } = task;
  if (startedAt === null || endedAt === null) return [];
  return [
    {
      name: `task ${name}`,
      traceId: traceIdOf(runId),
      spanId: spanIdOf('task', id),
      parentId: spanIdOf('execution', executionId, attempt),
      start: startedAt,
      end: endedAt,
      attributes: {
        'slipway.execution.id': executionId,
        'slipway.run.id': runId,
        'slipway.task.id': id,
        'slipway.task.type': type,
        'slipway.task.tries': task.tries,
        'slipway.attempt': attempt,
        'slipway.status': status,
        ...(exitCode !== null && { 'process.exit.code': exitCode }),
        ...(reasonCode !== null && { 'slipway.reason': reasonCode }),
      },
      failure: failureOf(status, reasonCode),
    },
  ];
}

const failureOf = (status: string, reason: string | null): string | null =>
  status === 'SUCCESS' || status === 'SKIPPED' ? null : (reason ?? status);
