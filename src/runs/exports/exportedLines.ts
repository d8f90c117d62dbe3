import { StringDecoder } from 'node:string_decoder';
import type { Execution } from '../../engine/execution';
import type { App } from '../app';
import { findArtifactsOfTasks } from '../artifacts/artifacts.store';
import { findEvents } from '../events/eventLog.store';
import { findAttempts, findExecution, findMembers } from '../execution/executions.store';
import { findLogs } from '../logs/jobLogs.store';
import { bytesOf } from '../logs/logStream';
import { findJobsOfTasks } from '../queue/jobs.store';
import type { ExecutionExport } from './executionExport';
import { findStagesOf, findTasksOf } from './exports.store';

const EVENTS = 500;
/** Longest log in an export; the API has the whole log. */
const MOST_LOG_BYTES = 25 * 1024 * 1024;

/**
 * Lines of JSON: each execution, its events, the logs of its jobs, then its workflow executions with theirs. Only one
 * execution, 500 events, or a part of a log is in memory at a time. The signal ends it.
 */
export async function* exportedLines(
  app: App,
  { executionIds, memberIds }: ExecutionExport,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const seen = new Set(memberIds);
  for (const id of executionIds) {
    const execution = await findExecution(app.database, id);
    // Its application was deleted in the meantime.
    if (execution === undefined) continue;
    const members = execution.id === execution.runId ? await findMembers(app.database, [id]) : [];
    for await (const line of linesOf(
      app,
      execution,
      members.filter((member) => seen.has(member.id)),
    )) {
      signal.throwIfAborted();
      yield `${JSON.stringify(line)}\n`;
    }
  }
}

async function* linesOf(app: App, execution: Execution, members: readonly Execution[]): AsyncGenerator<object> {
  yield* executionLines(app, execution);
  // The log of a run has the events of its members, too.
  for (let after = 0; ; ) {
    const events = await findEvents(app.database, execution, after, EVENTS);
    for (const event of events) yield { record: 'EVENT', ...event };
    after = events.at(-1)?.sequence ?? after;
    if (events.length < EVENTS) break;
  }
  for (const member of members) yield* executionLines(app, member);
}

async function* executionLines(app: App, execution: Execution): AsyncGenerator<object> {
  const { database } = app;
  const attempts = await findAttempts(database, [execution.id]);
  const stages = await findStagesOf(database, execution.id);
  const tasks = await findTasksOf(database, execution.id);
  const taskIds = tasks.map(({ id }) => id);
  const jobs = await findJobsOfTasks(database, taskIds);
  const artifacts = await findArtifactsOfTasks(database, taskIds);
  const { id, kind, runId, applicationId, entityId, revisionId, environmentId, status, attempt } = execution;
  const { variables, images, notes, cause, failureCode, failureDetails, createdAt, startedAt, endedAt } = execution;
  yield {
    ...{ record: 'EXECUTION', id, kind, runId, applicationId, entityId, revisionId, environmentId, status, attempt },
    ...{ variables, images, notes, cause, failureCode, failureDetails, createdAt, startedAt, endedAt },
    attempts: attempts.map((one) => ({
      ...{ attempt: one.attempt, kind: one.kind, status: one.status, cause: one.cause, reason: one.reason },
      ...{ createdAt: one.createdAt, startedAt: one.startedAt, endedAt: one.endedAt },
    })),
    stages: stages.map((one) => ({
      ...{ id: one.id, stageName: one.stageName, stepName: one.stepName, kind: one.kind, attempt: one.attempt },
      ...{ status: one.status, reasonCode: one.reasonCode, reason: one.reason, environmentId: one.environmentId },
      ...{ workflowExecutionId: one.workflowExecutionId, startedAt: one.startedAt, endedAt: one.endedAt },
    })),
    tasks: tasks.map((one) => ({
      ...{ id: one.id, name: one.name, type: one.type, attempt: one.attempt, status: one.status },
      ...{ exitCode: one.exitCode, reasonCode: one.reasonCode, reason: one.reason },
      ...{ startedAt: one.startedAt, endedAt: one.endedAt },
    })),
    jobs: jobs.map((one) => ({
      ...{ id: one.id, taskExecutionId: one.taskExecutionId, attempt: one.attempt, status: one.status },
      ...{ exitCode: one.exitCode, signal: one.signal, reasonCode: one.reasonCode, reason: one.reason },
      ...{ queuedAt: one.queuedAt, startedAt: one.startedAt, endedAt: one.endedAt },
    })),
    artifacts: artifacts.map((one) => ({
      ...{ id: one.id, taskExecutionId: one.taskExecutionId, jobId: one.jobId, name: one.name, type: one.type },
      ...{ size: one.size, sha256: one.sha256, createdAt: one.createdAt, deletedAt: one.deletedAt },
    })),
  };
  for (const job of jobs) yield* logLines(app, job.id);
}

async function* logLines(app: App, jobId: string): AsyncGenerator<object> {
  const [log] = await findLogs(app.database, [jobId]);
  if (log === undefined || log.phase === 'DELETED') return;
  const end = Math.min(log.bytes, MOST_LOG_BYTES);
  const decoder = new StringDecoder('utf8');
  for await (const part of bytesOf(app, jobId, { start: 0, end, length: log.bytes, remark: Buffer.alloc(0) })) {
    const text = decoder.write(part);
    if (text !== '') yield { record: 'LOG', jobId, text };
  }
  const rest = decoder.end();
  if (rest !== '' || end < log.bytes) yield { record: 'LOG', jobId, text: rest, omittedBytes: log.bytes - end };
}
