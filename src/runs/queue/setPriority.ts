import type { Actor } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import { subjectFor } from '../../access/visible';
import { readApplication } from '../../catalog/applications/applications.queries';
import { readPart } from '../../catalog/parts.queries';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { workflows } from '../../catalog/workflows/workflows';
import type { Execution } from '../../engine/execution';
import { topic } from '../../kernel/database/wakeups';
import { type InputError, invalidInput, notFound, Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { readExecution } from '../execution/executions.queries';
import { inRuns } from '../execution/inRuns';
import { DEFAULT_PRIORITY, LARGEST_WEIGHT, priorityErrors } from './priorities';
import {
  applyPriorities,
  findWaitingRuns,
  keepPriorities,
  type PriorityScope,
  prioritizeJob,
} from './queueOrder.store';
import { readPlacedJobs, requireAhead } from './queueRights';
import { findSettings, firstPriority, inheritedPriority, setRunPriority, writeSetting } from './queueSettings.store';

/** Exactly one of the ids is given. */
export interface SetPriority {
  readonly jobId?: string | null;
  readonly executionId?: string | null;
  readonly pipelineId?: string | null;
  readonly workflowId?: string | null;
  readonly applicationId?: string | null;
  /** Null: inherited. */
  readonly priority?: number | null;
  /** For applications. */
  readonly weight?: number | null;
}

export interface PrioritySet {
  readonly id: string;
  /** Priority in effect. */
  readonly priority: number;
  readonly weight: number;
  /** Waiting jobs that it moved. */
  readonly movedJobs: number;
}

/**
 * Gives a job, a run, a pipeline, a standalone workflow or an application a priority. Waiting jobs move, and later ones
 * get it. Raising it above that of what contains it also needs the right to manage agents.
 */
export async function setPriority(app: App, actor: Actor, input: SetPriority): Promise<PrioritySet> {
  refuseErrors(input);
  const { jobId, executionId, pipelineId, workflowId, applicationId } = input;
  if (jobId != null) return prioritizeOne(app, actor, jobId, input);
  if (executionId != null) return prioritizeRun(app, actor, executionId, input);
  if (applicationId != null) {
    const application = await readApplication(app, actor, applicationId);
    actor.access.require('UPDATE', 'Application', application);
    return configure(app, actor, 'APPLICATION', { kind: 'application', ...application }, [], input);
  }
  if (pipelineId != null) {
    const pipeline = await readPart(app, actor, pipelines, pipelineId);
    actor.access.require('UPDATE', 'Pipeline', await subjectFor(app, 'Pipeline', pipeline));
    return configure(app, actor, 'ENTITY', { kind: 'pipeline', ...pipeline }, [pipeline.applicationId], input);
  }
  const workflow = await readPart(app, actor, workflows, workflowId ?? '');
  actor.access.require('UPDATE', 'Workflow', await subjectFor(app, 'Workflow', workflow));
  return configure(app, actor, 'ENTITY', { kind: 'workflow', ...workflow }, [workflow.applicationId], input);
}

async function prioritizeOne(app: App, actor: Actor, jobId: string, { priority }: SetPriority): Promise<PrioritySet> {
  const [seen] = await readPlacedJobs(app.database, actor, [jobId]);
  if (seen === undefined) throw notFound('job', jobId);
  actor.access.require('ABORT_WORKFLOW', 'Execution', seen.subject);
  const run = await readExecution(app, actor, seen.runId);
  const usual = run.priority ?? (await inheritedPriority(app.database, run));
  const wanted = priority ?? usual;
  if (wanted > usual) requireAhead(actor.access);
  return inRuns(app, [seen.runId], actor, async (db) => {
    const [job] = await readPlacedJobs(db, actor, [jobId]);
    if (job?.state !== 'WAITING')
      throw new Refusal('NOT_WAITING', 'The job is not waiting.', { jobId, state: job?.state });
    const before = { priority: -(job.place?.precedence ?? 0) };
    const isMoved = await prioritizeJob(db, jobId, wanted);
    db.sent([keepPriorities(db, [{ jobId, priority: priority ?? null }])]);
    const { taskExecutionId, name, attempt } = job;
    if (isMoved) db.event(job, 'JOB_MOVED', { jobId, taskExecutionId, name, attempt, priority: wanted });
    const { applicationId } = job.execution;
    auditDetail(db, { kind: 'job', id: jobId, name, applicationId, before, after: { priority: wanted } });
    db.wake(topic.queue);
    return { id: jobId, priority: wanted, weight: 1, movedJobs: isMoved ? 1 : 0 };
  });
}

async function prioritizeRun(app: App, actor: Actor, id: string, { priority }: SetPriority): Promise<PrioritySet> {
  const seen = await readExecution(app, actor, id);
  if (seen.runId !== seen.id) throw invalidInput([partOfRun(seen)]);
  actor.access.require('ABORT_WORKFLOW', 'Execution', await subjectFor(app, 'Execution', seen));
  const usual = await inheritedPriority(app.database, seen);
  const now = priority ?? usual;
  if (now > usual) requireAhead(actor.access);
  return inRuns(app, [seen.runId], actor, async (db) => {
    db.sent([setRunPriority(db, id, priority ?? null)]);
    const { length: movedJobs } = await applyPriorities(db, 'RUN', id);
    db.event({ runId: id, executionId: id }, 'PRIORITY_CHANGED', { priority: now });
    const { applicationId } = seen;
    const before = { priority: seen.priority };
    auditDetail(db, { kind: 'execution', id, applicationId, before, after: { priority: priority ?? null } });
    db.wake(topic.queue);
    return { id, priority: now, weight: 1, movedJobs };
  });
}

const partOfRun = ({ id, runId }: Execution): InputError => ({
  field: 'executionId',
  value: id,
  rule: 'RUN',
  message: `The execution is part of the run ${runId}, whose priority applies. Use the ID of that run.`,
});

interface Configured {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  readonly applicationId?: string;
}

async function configure(
  app: App,
  actor: Actor,
  scope: PriorityScope,
  { kind, id, name, applicationId }: Configured,
  above: readonly string[],
  input: SetPriority,
): Promise<PrioritySet> {
  const [before = { id, priority: null, weight: null }] = await findSettings(app.database, [id]);
  const usual = await firstPriority(app.database, above);
  const after = {
    id,
    priority: input.priority ?? null,
    weight: scope === 'APPLICATION' ? (input.weight ?? null) : null,
  };
  const limit = scope === 'APPLICATION' ? (before.priority ?? DEFAULT_PRIORITY) : usual;
  const now = after.priority ?? usual;
  if (now > limit || (after.weight ?? 1) > (before.weight ?? 1)) requireAhead(actor.access);
  const change = (runIds: readonly string[], isLast: boolean) =>
    inRuns(app, runIds, actor, async (db) => {
      await writeSetting(db, after);
      const moved = await applyPriorities(db, scope, id);
      const priorities = new Map(moved.map(({ runId, precedence }) => [runId, 0 - precedence]));
      const locked = new Set(runIds);
      const newer = [...priorities.keys()].filter((runId) => !locked.has(runId));
      if (newer.length > 0 && !isLast) throw new NewerRuns(newer);
      for (const runId of runIds) {
        const priority = priorities.get(runId);
        if (priority !== undefined) db.event({ runId, executionId: runId }, 'PRIORITY_CHANGED', { priority });
      }
      auditDetail(db, { ...{ kind, id, name, applicationId: applicationId ?? id }, before, after });
      db.wake(topic.queue);
      return { id, priority: now, weight: after.weight ?? 1, movedJobs: moved.length };
    });
  const runIds = await findWaitingRuns(app.database, scope, id);
  for (let round = 1; ; round++) {
    try {
      return await change(runIds, round === ROUNDS);
    } catch (error) {
      if (!(error instanceof NewerRuns)) throw error;
      runIds.push(...error.runIds);
    }
  }
}

/** Runs that came to the queue while others were locked. After so many rounds they move without an event. */
const ROUNDS = 4;

class NewerRuns extends Error {
  constructor(readonly runIds: readonly string[]) {
    super('more runs have waiting jobs');
  }
}

function refuseErrors({ priority, weight, ...ids }: SetPriority): void {
  const errors: InputError[] = [...priorityErrors('priority', priority)];
  const { jobId, executionId, pipelineId, workflowId, applicationId } = ids;
  const given = [jobId, executionId, pipelineId, workflowId, applicationId].filter((one) => one != null);
  const refuse = (field: string, value: unknown, rule: string, message: string) =>
    errors.push({ field, value, rule, message });
  if (given.length !== 1) {
    const message = 'Give exactly one of "jobId", "executionId", "pipelineId", "workflowId" and "applicationId".';
    refuse('jobId', jobId ?? null, 'EXCLUSIVE', message);
  }
  if (weight != null && applicationId == null) {
    refuse('weight', weight, 'EXCLUSIVE', 'Only an application has a weight.');
  }
  if (weight != null && (weight < 1 || weight > LARGEST_WEIGHT)) {
    refuse('weight', weight, 'RANGE', `"weight" must be from 1 to ${LARGEST_WEIGHT}; it is ${weight}.`);
  }
  if (errors.length > 0) throw invalidInput(errors);
}
