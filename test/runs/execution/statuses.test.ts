import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { systemAccess } from '../../../src/access/access';
import { type Actor, systemActor } from '../../../src/access/actor';
import type { Execution } from '../../../src/engine/execution';
import { eventsBetween, machine, statusesOf, type Thing, things } from '../../../src/engine/machine';
import { Refusal } from '../../../src/kernel/errors';
import { findApprovalsOfExecution } from '../../../src/runs/approvals/approvals.store';
import { abortExecution } from '../../../src/runs/commands/abortExecution';
import { addImagesToRun } from '../../../src/runs/commands/addImagesToRun';
import { pipelineResumeRuntime } from '../../../src/runs/commands/answerRuntimeInputs';
import { overrideFreeze } from '../../../src/runs/commands/overrideFreeze';
import { moveSlotWaiter, withdrawSlotWaiter } from '../../../src/runs/commands/slotWaiters';
import { cancelRestore } from '../../../src/runs/commands/cancelRestore';
import { decideApproval } from '../../../src/runs/commands/decideApproval';
import { findWaitingForPerson, interveneExecution } from '../../../src/runs/commands/interveneExecution';
import { continueExecution, pauseExecution } from '../../../src/runs/commands/pauseExecution';
import { reassignApproval } from '../../../src/runs/commands/reassignApproval';
import { rerunExecution } from '../../../src/runs/commands/rerunExecution';
import { restoreRun } from '../../../src/runs/commands/restoreRun';
import { resumeExecution } from '../../../src/runs/commands/resumeExecution';
import { resumeWorkflowExecution } from '../../../src/runs/commands/resumeWorkflowExecution';
import { retryTask } from '../../../src/runs/commands/retryTask';
import { findExecution } from '../../../src/runs/execution/executions.store';
import { findCurrentStages } from '../../../src/runs/execution/stages.store';
import { findCurrentTasks } from '../../../src/runs/execution/tasks.store';
import { findClaimedJobs } from '../../../src/runs/queue/claimedJobs.store';
import { describeJobs } from '../../../src/runs/queue/describeJobs';
import { availableRestores } from '../../../src/runs/restores/availableRestores';
import { type AvailableAction, availableActions } from '../../../src/runs/views/availableActions';
import { withoutDefinition } from '../../support/brokenDefinition';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: deploy
environment: staging
services: [web]
tasks:
  a: { run: "true" }
  b: { run: "true", depends_on: [a] }
  back: { run: "true", type: restore }
---
kind: Workflow
application: app
name: plain
variables: [{ name: VALUE, default: "1" }]
tasks: { one: { run: "true" } }
---
kind: Workflow
application: app
name: careful
tasks: { one: { run: "true", failure_strategy: wait } }
---
kind: Workflow
application: app
name: parallel
tasks:
  x: { run: "true" }
  y: { run: "true" }
  z: { run: "true", depends_on: [x] }
---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: go, workflow: deploy }]
---
kind: Pipeline
application: app
name: gate
variables: [{ name: VALUE, default: "1" }]
stages:
  - elements: [{ name: ask, approval: { approvers: [Managers] } }]
  - elements: [{ name: then, workflow: plain, variables: { VALUE: "\${VALUE}" } }]
---
kind: Pipeline
application: app
name: inputs
stages:
  - elements: [{ name: go, workflow: plain, runtime_inputs: [VALUE] }]
---
kind: Pipeline
application: app
name: watched
stages:
  - elements: [{ name: go, workflow: careful }]
---
kind: Pipeline
application: app
name: patient
variables: [{ name: VALUE, default: "1" }]
stages:
  - elements: [{ name: go, workflow: plain, retries: 1, variables: { VALUE: "\${VALUE}" } }]
`;

/** Administrator and member of every approver group. */
const actor: Actor = {
  ...systemActor,
  access: Object.create(systemAccess, { isMemberOf: { value: () => true } }) as Actor['access'],
};

class DryRun extends Error {}

interface Target extends Pick<Execution, 'id' | 'kind' | 'runId'> {
  readonly deploys: boolean;
}

describe('statuses', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  /** A command whose transaction is rolled back at its end. */
  const dry = new AsyncLocalStorage<{ readonly runId: string; readonly events: number; changed: boolean }>();
  let applicationId = '';

  const sql = <T>(text: string, ...parameters: unknown[]) => server.app.database.rows<T>(text, parameters);
  const eventsOf = (runId: string) =>
    sql<{ n: number }>('SELECT count(*)::int AS n FROM execution_event WHERE run_id = $1', runId);

  beforeAll(async () => {
    applicationId = (await runs.ids('pipeline', 'release')).applicationId;
    server.app.database.beforeCommit(async (db) => {
      const scope = dry.getStore();
      if (scope === undefined) return undefined;
      const query = 'SELECT count(*)::int AS n FROM execution_event WHERE run_id = $1';
      const [row] = await db.rows<{ n: number }>(query, [scope.runId]);
      scope.changed = row?.n !== scope.events;
      throw new DryRun();
    });
  });

  const of = (executionId: string) => ({ applicationId, executionId });
  const again = (id: string) => ({ applicationId, pipelineExecutionId: id, granularity: 'TASK' as const });
  const decide = async (id: string, action: 'APPROVE' | 'REJECT') => {
    const approvals = await findApprovalsOfExecution(server.app.database, id);
    const approval = approvals.find(({ status }) => status === 'WAITING') ?? approvals.at(-1);
    return decideApproval(server.app, actor, { ...of(id), action, approvalId: approval?.id ?? randomUUID() });
  };
  const reassign = async (id: string) => {
    const approvalId = (await findApprovalsOfExecution(server.app.database, id)).at(-1)?.id ?? randomUUID();
    return reassignApproval(server.app, actor, { ...of(id), approvers: ['Account Administrator'], approvalId });
  };
  const intervene = async (id: string, action: 'RETRY' | 'FAIL' | 'MARK_AS_SUCCESS') => {
    const { database } = server.app;
    const [waiting] = await findWaitingForPerson(database, id);
    const target =
      waiting ?? (await findCurrentStages(database, [id]))[0] ?? (await findCurrentTasks(database, [id]))[0];
    if (target === undefined) throw new Error('nothing to decide about');
    const named = 'stepName' in target ? { pipelineStageElementId: target.elementId } : { taskExecutionId: target.id };
    return interveneExecution(server.app, actor, { ...of(id), ...named, action });
  };

  function command({ id, kind, deploys }: Target, action: AvailableAction['action']): Promise<unknown> {
    const { app } = server;
    const value = randomUUID();
    const additions = deploys
      ? { images: [{ service: 'web', image: `web:${value}` }] }
      : { variableInputs: [{ name: 'VALUE', variableValue: { type: 'NAME' as const, value } }] };
    const commands: Record<AvailableAction['action'], () => Promise<unknown>> = {
      pause: () => pauseExecution(app, actor, of(id)),
      continue: () => continueExecution(app, actor, of(id)),
      abort: () => abortExecution(app, actor, of(id)),
      resume: () =>
        kind === 'PIPELINE'
          ? resumeExecution(app, actor, { applicationId, pipelineExecutionId: id })
          : resumeWorkflowExecution(app, actor, { applicationId, workflowExecutionId: id }),
      rerun: () => rerunExecution(app, actor, of(id)),
      approve: () => decide(id, 'APPROVE'),
      reassign: () => reassign(id),
      intervene: () => intervene(id, 'FAIL'),
      extend: () => addImagesToRun(app, actor, { runId: id, ...additions }),
      restore: () => restoreRun(app, actor, { runId: id }),
      cancelRestore: () => cancelRestore(app, actor, { runId: id }),
      moveSlotWaiter: () => moveSlotWaiter(app, actor, of(id)),
      withdrawSlotWaiter: () => withdrawSlotWaiter(app, actor, of(id)),
      overrideFreeze: () => overrideFreeze(app, actor, { ...of(id), reason: 'test' }),
    };
    return commands[action]();
  }

  /** Effect of a command on an execution, without keeping it. */
  async function outcome(target: Target, action: AvailableAction['action']) {
    const { runId } = target;
    const scope = { runId, events: (await eventsOf(runId))[0]?.n ?? 0, changed: false };
    try {
      await dry.run(scope, () => command(target, action));
    } catch (error) {
      if (error instanceof Refusal) return 'refused';
      if (error instanceof DryRun) return scope.changed ? 'taken' : 'nothing to do';
      throw error;
    }
    throw new Error(`${action} did not reach its commit`);
  }

  /** Each offered action succeeds; every other one is refused or changes nothing. */
  async function offers(id: string, status: string): Promise<void> {
    const execution = await findExecution(server.app.database, id);
    if (execution === undefined) throw new Error(`there is no execution ${id}`);
    const actions = await availableActions(server.app, actor, execution);
    const restores = await availableRestores(server.app, actor, execution);
    const found = { status: execution.status as string, wrong: [] as string[] };
    for (const { action, allowed } of [...actions, ...restores]) {
      const done = await outcome({ ...execution, deploys: Object.keys(execution.images).length > 0 }, action);
      if (allowed ? done === 'refused' : done === 'taken') found.wrong.push(`${action}: ${done}`);
    }
    expect(found).toEqual({ status, wrong: [] });
  }

  const fails = { exitCode: 1 };
  const started = async () => {
    const job = await agent.claimOne();
    await agent.start(job);
    return job;
  };

  it('of a run that is extended, restored, aborted, expired and ended by ERROR', async () => {
    const { app } = server;
    const id = await runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
    await offers(id, 'QUEUED');
    await pauseExecution(app, actor, of(id));
    await offers(id, 'PAUSED');
    await continueExecution(app, actor, of(id));
    const first = await started();
    await offers(id, 'RUNNING');
    const member = (await runs.read(id)).pipelineStageExecutions?.[0]?.workflowExecutionId ?? '';
    await offers(member, 'RUNNING');
    await agent.finish(first);
    await agent.runOne();
    await offers(id, 'SUCCESS');
    await addImagesToRun(app, actor, { runId: id, images: [{ service: 'web', image: 'web:2' }] });
    await offers(id, 'RESUMING');
    await agent.runOne(fails);
    await offers(id, 'FAILED');
    await restoreRun(app, actor, { runId: id });
    await offers(id, 'RESTORING');
    await agent.runOne(fails);
    await runs.until(id, 'FAILED');
    await restoreRun(app, actor, { runId: id });
    await cancelRestore(app, actor, { runId: id });
    await runs.until(id, 'FAILED');
    await restoreRun(app, actor, { runId: id });
    await agent.runOne();
    await runs.until(id, 'SUCCESS');
    await offers(id, 'SUCCESS');
    await rerunExecution(app, actor, of(id));
    await abortExecution(app, actor, of(id));
    await offers(id, 'ABORTED');
    await resumeExecution(app, actor, again(id));
    await sql(`UPDATE execution SET expires_at = now() - interval '1 hour' WHERE id = $1`, id);
    await runs.until(id, 'EXPIRED');
    await offers(id, 'EXPIRED');
    await resumeExecution(app, actor, again(id));
    const { jobId } = await agent.claimOne();
    await withoutDefinition(server, 'deploy', async () => {
      while (!(await runs.is(id, 'ERROR'))) await describeJobs(app, await findClaimedJobs(app.database, [jobId]), []);
    });
    await offers(id, 'ERROR');
    await resumeExecution(app, actor, again(id));
    await agent.work(() => runs.is(id, 'SUCCESS'));
  });

  it('of a standalone workflow that is stopped, and loses its agent', async () => {
    const { app } = server;
    const id = await runs.start('workflow', 'plain');
    const resume = () => resumeWorkflowExecution(app, actor, { applicationId, workflowExecutionId: id });
    await offers(id, 'QUEUED');
    await pauseExecution(app, actor, of(id));
    await offers(id, 'PAUSED');
    await continueExecution(app, actor, of(id));
    await agent.runOne();
    await offers(id, 'SUCCESS');
    await rerunExecution(app, actor, of(id));
    await offers(id, 'RESUMING');
    await abortExecution(app, actor, of(id));
    await offers(id, 'ABORTED');
    await resume();
    const stopped = await started();
    await abortExecution(app, actor, of(id));
    await offers(id, 'RUNNING');
    await agent.finish(stopped, { exitCode: null, reason: 'CANCELLED', message: 'stopped' });
    await offers(id, 'ABORTED');
    await resume();
    await started();
    await sql(`UPDATE job_lease SET expires_at = now() - interval '1 hour' WHERE run_id = $1`, id);
    await runs.until(id, 'FAILED');
    await offers(id, 'FAILED');
    await rerunExecution(app, actor, of(id));
    await agent.runOne();
  });

  it('of failures that wait for a decision', async () => {
    const id = await runs.start('workflow', 'careful');
    await agent.runOne(fails);
    await offers(id, 'WAITING');
    await intervene(id, 'RETRY');
    await agent.runOne(fails);
    await intervene(id, 'MARK_AS_SUCCESS');
    await offers(id, 'SUCCESS');
    const watched = await runs.start('pipeline', 'watched');
    await agent.runOne(fails);
    await offers(watched, 'WAITING');
    await intervene(watched, 'FAIL');
    await offers(watched, 'FAILED');
    const patient = await runs.start('pipeline', 'patient');
    await agent.runOne(fails);
    await agent.runOne();
    await offers(patient, 'SUCCESS');
    const parallel = await runs.start('workflow', 'parallel');
    const jobs = await agent.claim(2);
    await agent.start(...jobs);
    for (const job of jobs) if (job.task === 'x') await agent.finish(job, fails);
    await offers(parallel, 'RUNNING');
    const { id: taskExecutionId } = await runs.task(parallel, 'x');
    await retryTask(server.app, actor, { applicationId, taskExecutionId });
    for (const job of jobs) if (job.task === 'y') await agent.finish(job);
    await agent.work(() => runs.is(parallel, 'SUCCESS'));
  });

  it('of a run that waits for an approval, or for inputs', async () => {
    const { app } = server;
    const id = await runs.start('pipeline', 'gate');
    await offers(id, 'WAITING');
    await decide(id, 'APPROVE');
    await offers(id, 'RUNNING');
    const job = await started();
    await pauseExecution(app, actor, of(id));
    await offers(id, 'PAUSED');
    await continueExecution(app, actor, of(id));
    await agent.finish(job);
    await offers(id, 'SUCCESS');
    await rerunExecution(app, actor, of(id));
    await decide(id, 'REJECT');
    await offers(id, 'REJECTED');
    await rerunExecution(app, actor, of(id));
    await sql(
      `UPDATE approval SET expires_at = now() - interval '1 hour' WHERE execution_id = $1 AND status = 'WAITING'`,
      id,
    );
    await runs.until(id, 'EXPIRED');
    await rerunExecution(app, actor, of(id));
    await abortExecution(app, actor, of(id));
    const inputs = await runs.start('pipeline', 'inputs');
    await offers(inputs, 'PAUSED');
    const [stage] = await findCurrentStages(app.database, [inputs]);
    const pipelineStageElementId = stage?.elementId ?? '';
    await pipelineResumeRuntime(app, actor, { applicationId, pipelineExecutionId: inputs, pipelineStageElementId });
    await offers(inputs, 'RUNNING');
    await abortExecution(app, actor, of(inputs));
  });

  it('are all reached and left as the machine defines and the event log records', async () => {
    const moves = await sql<{ thing: Thing; from: string; to: string; log: string | null }>(
      `SELECT CASE type WHEN 'STAGE_STATUS' THEN 'element' WHEN 'TASK_STATUS' THEN 'task' WHEN 'APPROVAL_DECIDED' THEN 'approval'
           WHEN 'JOB_STARTED' THEN 'job' WHEN 'JOB_LOST' THEN 'job' WHEN 'RESTORE_ENDED' THEN 'operation'
           ELSE CASE kind WHEN 'PIPELINE' THEN 'run' ELSE 'workflow' END END AS thing,
         coalesce(event.data->>'from', CASE type WHEN 'APPROVAL_DECIDED' THEN 'WAITING' WHEN 'JOB_STARTED' THEN 'QUEUED' ELSE 'RUNNING' END) AS "from",
         coalesce(event.data->>'to', event.data->>'status',
           CASE type WHEN 'JOB_STARTED' THEN 'RUNNING' WHEN 'JOB_LOST' THEN 'LOST' ELSE 'RESUMING' END) AS "to", type AS log
       FROM execution_event event JOIN execution ON execution.id = event.execution_id
       WHERE type IN ('EXECUTION_STATUS', 'STAGE_STATUS', 'TASK_STATUS', 'APPROVAL_DECIDED', 'JOB_STARTED', 'JOB_LOST', 'RESTORE_ENDED')
         OR (type = 'ATTEMPT_STARTED' AND event.data->>'kind' <> 'RESTORE')
       UNION ALL
       SELECT 'job', CASE WHEN started_at IS NULL THEN 'QUEUED' ELSE 'RUNNING' END, status, NULL FROM job
       WHERE ended_at IS NOT NULL AND status <> 'LOST'`,
    );
    const changes = moves.filter(({ from, to }) => from !== to);
    const rows = ({ thing }: { thing: Thing }) =>
      machine[thing].moves as readonly { from: readonly string[]; to: readonly string[]; log: string | null }[];
    const unknown = changes.filter(
      (move) =>
        !rows(move).some((one) => one.from.includes(move.from) && one.to.includes(move.to) && one.log === move.log),
    );
    expect(unknown).toEqual([]);
    for (const thing of things) {
      const own = changes.filter((move) => move.thing === thing);
      const reached = new Set<string>([...machine[thing].begins, ...own.map(({ to }) => to)]);
      const left = new Set(own.map(({ from }) => from));
      const statuses: string[] = statusesOf(thing);
      const leaves = (status: string) => statuses.some((to) => eventsBetween(thing, status, to).length > 0);
      expect({ thing, unreached: statuses.filter((status) => !reached.has(status)) }).toEqual({ thing, unreached: [] });
      expect({ thing, kept: statuses.filter((status) => leaves(status) && !left.has(status)) }).toEqual({
        thing,
        kept: [],
      });
    }
  });
});
