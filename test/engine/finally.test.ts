import type { ActorRef } from '../../src/access/actor';
import { parseDefinitions } from '../../src/catalog/language/parseDefinitions';
import type { WorkflowDefinition } from '../../src/catalog/language/workflow';
import { isFinal } from '../../src/contract/statuses';
import type { Deployment } from '../../src/engine/deployment';
import type { DetachedTaskRow, Execution, TaskExecution } from '../../src/engine/execution';
import { Facts } from '../../src/engine/facts';
import { expireFinally } from '../../src/engine/finallyTasks';
import { giveUpRun } from '../../src/engine/giveUpRun';
import { holdRun, releaseRun } from '../../src/engine/holdExecution';
import { decideTask } from '../../src/engine/interventions';
import { endOf, type Heard } from '../../src/engine/jobEnd';
import { moveTask } from '../../src/engine/moves';
import { resumeWorkflow } from '../../src/engine/resumeWorkflow';
import { RunSlice } from '../../src/engine/runSlice';
import { decide, settleTasks } from '../../src/engine/settleTasks';
import { showRunning } from '../../src/engine/showRunning';
import { startWorkflow } from '../../src/engine/startWorkflow';
import { stopExecution } from '../../src/engine/stopExecution';

const actor: ActorRef = { kind: 'SYSTEM', id: null, name: 'system' } as unknown as ActorRef;
const [id, revisionId] = ['execution', 'revision'];

/** `up`, then `test`; finally `down`, then `report`. */
function definitionWith(keys: object): WorkflowDefinition {
  const tasks = { up: { run: 'x' }, test: { run: 'x', dependsOn: ['up'] } };
  const down = { run: 'x' };
  const report = { run: 'x', dependsOn: ['down'] };
  const source = { kind: 'Workflow', application: 'app', name: 'w', tasks, finally: { down, report }, ...keys };
  const [parsed] = parseDefinitions({ source: JSON.stringify(source), format: 'JSON' }).documents;
  if (parsed?.document?.kind !== 'Workflow') throw new Error('not a workflow');
  return parsed.document.definition;
}

/** One workflow execution, whose rows stay in memory between decisions. */
class Memory {
  private now = new Date('2026-01-01T00:00:00Z');
  private ids = 0;
  private readonly definition: WorkflowDefinition;
  private row: Execution | undefined;
  private readonly tasks = new Map<string, TaskExecution>();
  private readonly detached = new Map<string, DetachedTaskRow>();
  private readonly dependents = new Map<string, string[]>();
  readonly deployed: string[] = [];
  private deployments: Deployment[] = [];
  readonly canceled: string[] = [];
  readonly events: string[] = [];

  constructor(keys: object = {}, deploying: Partial<Pick<Execution, 'environmentId' | 'images'>> = {}) {
    this.definition = definitionWith(keys);
    const start = { id, runId: id, revisionId, name: 'w', applicationId: 'app', entityId: 'w', cause: actor };
    const blank = { parentStageExecutionId: null, environmentId: null, variables: {}, images: {}, notes: null };
    this.decide((run) => startWorkflow(run, { ...start, ...blank, ...deploying, maxParallel: null, mode: null }));
  }

  get execution(): Execution {
    if (this.row === undefined) throw new Error('not started');
    return this.row;
  }

  /** Statuses by name, from the newest attempt. */
  get statuses(): Record<string, string> {
    const { attempt } = this.execution;
    const own = [...this.tasks.values()].filter((one) => one.attempt === attempt);
    return Object.fromEntries(own.map(({ name, status, jobId }) => [name, jobId ? status : `${status} without a job`]));
  }

  env = (name: string) => this.detached.get(this.task(name).id)?.env;

  task(name: string): TaskExecution {
    const found = [...this.tasks.values()].findLast((one) => one.name === name);
    if (found === undefined) throw new Error(`no task ${name}`);
    return found;
  }

  decide(decision: (run: RunSlice) => void): void {
    this.now = new Date(this.now.getTime() + 1000);
    const newId = () => `id${++this.ids}`;
    const run = new RunSlice(this.facts(), { now: this.now, actor, newId, random: () => 0, begins: 'ASSUME' });
    decide(run, decision);
    const { executions, tasks, detached, edges, canceled, events, deployments } = run.changes;
    this.row = executions.get(id)?.after ?? this.row;
    for (const { after } of tasks.values()) this.tasks.set(after.id, after);
    for (const one of detached) this.detached.set(one.taskId, one);
    for (const [one, waiting] of edges) this.dependents.set(one, waiting);
    for (const { after } of deployments.values()) {
      this.deployments = [...this.deployments.filter((one) => one.id !== after.id), after];
      this.deployed.push(after.status);
    }
    this.canceled.push(...canceled);
    this.events.push(...events.map(({ type }) => type));
  }

  private facts(): Facts {
    const facts = new Facts();
    facts.set('workflow', revisionId, this.definition);
    if (this.row === undefined) return facts;
    const all = [...this.tasks.values()];
    const graph = all.filter(({ type }) => type === 'normal');
    const failed = all.filter(({ status, type }) => status === 'FAILED' && type !== 'forensic');
    facts.set('execution', id, this.row);
    for (const task of all) {
      facts.set('task', task.id, task);
      facts.set('dependents', task.id, this.dependents.get(task.id) ?? []);
      facts.set('errorEnd', task.id, `${task.name} wrote this`);
      facts.set('handled', task.id, false);
    }
    for (const [taskId, row] of this.detached) facts.set('detached', taskId, row);
    const isHandled = [...this.detached.values()].some((one) => one.failedAttempt !== null);
    facts.set('handled', `${id} ${this.row.attempt}`, isHandled);
    const at = (statuses: string[]) => graph.filter(({ status }) => statuses.includes(status));
    facts.set('unstarted', id, at(['QUEUED', 'WAITING']));
    facts.set('running', id, at(['RUNNING']));
    const ready = at(['QUEUED']).filter(({ waitingOn, jobId }) => waitingOn === 0 && jobId === null);
    facts.set('frontier', id, { reach: 1000, ready, open: [] });
    facts.set('deployments', id, this.deployments);
    facts.set('doubts', id, { skipped: false, unsure: false });
    const open = all.filter(({ status }) => !isFinal(status));
    facts.set('openTasks', id, open);
    facts.set('failed', id, failed);
    facts.set(
      'finally',
      id,
      all.filter(({ type, status }) => type === 'finally' && !isFinal(status)),
    );
    return facts;
  }

  start(name: string): this {
    this.decide((run) => {
      moveTask(run, run.task(this.task(name).id), { status: 'RUNNING', startedAt: run.now });
      showRunning(run, [id]);
    });
    return this;
  }

  end(name: string, heard: Heard, asked: 'NOTHING' | 'CANCEL' = 'NOTHING'): this {
    const exitCode = heard === 'SUCCESS' ? 0 : 3;
    const { task } = endOf({ asked, heard, began: true, exitCode, signal: null, code: null, message: null });
    this.decide((run) => settleTasks(run, [{ taskId: this.task(name).id, ...task }]));
    return this;
  }

  run(...ends: readonly (readonly [name: string, heard: Heard])[]): this {
    for (const [name, heard] of ends) this.start(name).end(name, heard);
    return this;
  }

  stop = (code: 'ABORTED' | 'EXPIRED' = 'ABORTED') => this.decide((run) => stopExecution(run, id, code, 'by test'));
}

const passed = [
  ['up', 'SUCCESS'],
  ['test', 'SUCCESS'],
] as const;
const failed = [
  ['up', 'SUCCESS'],
  ['test', 'FAILED'],
] as const;
const cleaned = [
  ['down', 'SUCCESS'],
  ['report', 'SUCCESS'],
] as const;
const hour = 3_600_000;

describe('finally', () => {
  it('runs after a success, in its own order, and then the workflow ends', () => {
    const memory = new Memory().run(...passed);
    expect(memory.execution).toMatchObject({ status: 'RUNNING', openTasks: 0, finallyTasks: 2, detachedTasks: 2 });
    expect(memory.statuses).toMatchObject({ down: 'QUEUED', report: 'QUEUED without a job' });
    expect(memory.env('down')).toEqual({
      ...{ workflow_status: 'SUCCESS', failed_tasks: '' },
      ...{ failed_task: '', error_message: '', exit_code: '' },
    });
    memory.run(['down', 'FAILED']);
    expect(memory.statuses.report).toBe('QUEUED');
    expect(memory.execution.status).toBe('RUNNING');
    memory.run(['report', 'SUCCESS']);
    expect(memory.execution).toMatchObject({ status: 'FAILED', failureCode: 'TASK_FAILED', finallyTasks: 0 });
    expect(memory.events.filter((type) => type === 'FINALLY_STARTED')).toHaveLength(1);
  });

  it('doesn’t change a success, even after an ignored failure', () => {
    expect(new Memory().run(...passed, ...cleaned).execution).toMatchObject({ status: 'SUCCESS', failureCode: null });
    const ignoring = new Memory({ finally: { down: { run: 'x', ignoreFailure: true } } });
    expect(ignoring.run(...passed, ['down', 'FAILED']).execution.status).toBe('SUCCESS');
  });

  it('runs after a failure, with its details', () => {
    const memory = new Memory().run(...failed);
    expect(memory.execution.status).toBe('RUNNING');
    expect(memory.env('report')).toEqual({
      ...{ workflow_status: 'FAILED', failed_tasks: 'test', failed_task: 'test', exit_code: '3' },
      error_message: 'Task "test" failed: exit code 3\ntest wrote this',
    });
    memory.run(['down', 'FAILED'], ['report', 'SUCCESS']);
    expect(memory.execution).toMatchObject({
      status: 'FAILED',
      failureDetails: 'Task "test" failed: exit code 3',
    });
  });

  it('runs after an abort; another abort ends it', () => {
    const memory = new Memory().run(['up', 'SUCCESS']).start('test');
    memory.stop();
    memory.stop();
    expect(memory.statuses).not.toHaveProperty('down');
    memory.end('test', 'CANCELLED', 'CANCEL');
    expect(memory.execution).toMatchObject({ status: 'RUNNING', failureCode: 'ABORTED', finallyTasks: 2 });
    expect(memory.env('down')).toMatchObject({ workflow_status: 'ABORTED', failed_tasks: 'test', exit_code: '3' });
    memory.start('down');
    const before = memory.canceled.length;
    memory.stop();
    expect(memory.canceled).toHaveLength(before + 1);
    expect(memory.statuses).toMatchObject({ down: 'RUNNING', report: 'SKIPPED without a job' });
    memory.end('down', 'CANCELLED', 'CANCEL');
    expect(memory.execution).toMatchObject({ status: 'ABORTED', finallyTasks: 0, detachedTasks: 0 });
  });

  it('keeps running when it is aborted for the first time, after a success and after a failure', () => {
    for (const ends of [passed, failed]) {
      const memory = new Memory().run(...ends).start('down');
      memory.stop();
      expect(memory.execution).toMatchObject({ status: 'RUNNING', failureCode: 'ABORTED' });
      expect(memory.canceled).toEqual([]);
      memory.end('down', 'SUCCESS').run(['report', 'SUCCESS']);
      expect(memory.execution.status).toBe('ABORTED');
    }
  });

  it('runs after expiry, within a separate time limit', () => {
    const memory = new Memory({ finallyTimeout: '1h' }).run(['up', 'SUCCESS']).start('test');
    memory.stop('EXPIRED');
    memory.end('test', 'CANCELLED', 'CANCEL');
    expect(memory.execution).toMatchObject({ status: 'RUNNING', failureCode: 'EXPIRED' });
    memory.run(...cleaned);
    expect(memory.execution.status).toBe('EXPIRED');
  });

  it('is canceled when its time limit has passed; an earlier failure stays the result', () => {
    for (const [ends, status] of [
      [passed, 'EXPIRED'],
      [failed, 'FAILED'],
    ] as const) {
      const memory = new Memory().run(...ends);
      const began = memory.execution.expiresAt.getTime() - hour;
      expect(began).toBeLessThan(new Date('2026-01-01T00:01:00Z').getTime());
      memory.start('down');
      memory.decide((run) => expireFinally(run, id));
      expect(memory.canceled).toHaveLength(1);
      expect(memory.execution.expiresAt.getTime()).toBeGreaterThan(began);
      memory.end('down', 'CANCELLED', 'CANCEL');
      expect(memory.execution.status).toBe(status);
    }
  });

  it('does not run for a workflow that never began', () => {
    const memory = new Memory();
    memory.stop();
    expect(memory.execution).toMatchObject({ status: 'ABORTED', detachedTasks: 0, finallyTasks: null });
    expect(memory.statuses).not.toHaveProperty('down');
  });

  it('follows on_lost when its agent is lost', () => {
    const lost = new Memory().run(...passed, ['down', 'LEASE_OVER']);
    expect(lost.statuses).toMatchObject({ down: 'FAILED', report: 'QUEUED' });
    const again = new Memory({ finally: { down: { run: 'x', onLost: 'RETRY' } } }).run(...passed, [
      'down',
      'LEASE_OVER',
    ]);
    expect(again.statuses.down).toBe('QUEUED');
    expect(again.run(['down', 'SUCCESS']).execution.status).toBe('SUCCESS');
  });

  it('retries after an abort too', () => {
    const memory = new Memory({ finally: { down: { run: 'x', retries: 1 } } }).run(['up', 'SUCCESS']);
    memory.stop();
    memory.run(['down', 'FAILED']);
    expect(memory.statuses.down).toBe('QUEUED');
    expect(memory.run(['down', 'SUCCESS']).execution.status).toBe('ABORTED');
  });

  it('begins after the failure handlers, which inspect what it removes', () => {
    const tasks = { up: { run: 'x' }, test: { run: 'x', onFailure: 'look' }, look: { run: 'x', type: 'forensic' } };
    const memory = new Memory({ tasks, onFailure: 'look' }).run(['up', 'SUCCESS'], ['test', 'FAILED']);
    expect(memory.execution).toMatchObject({ status: 'RUNNING', detachedTasks: 2, finallyTasks: null });
    memory.run(['look', 'SUCCESS']);
    expect(memory.statuses).not.toHaveProperty('down');
  });

  it('begins after a pause, unless the workflow is aborted', () => {
    const pause = { by: actor, at: '2026-01-01T00:00:00Z', reason: null };
    for (const next of ['continue', 'abort']) {
      const memory = new Memory().run(['up', 'SUCCESS']).start('test');
      memory.decide((run) => holdRun(run, id, pause));
      memory.end('test', 'SUCCESS');
      expect(memory.execution).toMatchObject({ status: 'PAUSED', finallyTasks: null });
      if (next === 'continue') memory.decide((run) => releaseRun(run, id));
      else memory.stop();
      expect(memory.execution.finallyTasks).toBe(2);
      memory.run(...cleaned);
      expect(memory.execution.status).toBe(next === 'continue' ? 'SUCCESS' : 'ABORTED');
    }
  });

  it('runs again in the attempt of a resume, even if nothing else does', () => {
    const memory = new Memory().run(...passed, ['down', 'FAILED'], ['report', 'SUCCESS']);
    const { environmentId, variables, images, mode, maxParallel } = memory.execution;
    const inputs = { revisionId, environmentId, variables, images, mode, maxParallel };
    memory.decide((run) =>
      resumeWorkflow(
        run,
        { executionId: id, nodes: [], dropped: null, ...inputs },
        { kind: 'RESUME', cause: actor, reason: null, fromStage: null },
      ),
    );
    expect(memory.execution).toMatchObject({ status: 'RESUMING', attempt: 2, finallyTasks: 2 });
    memory.run(...cleaned);
    expect(memory.execution.status).toBe('SUCCESS');
  });

  it('deploys nothing: a deployment by the workflow ends before it, as the graph did', () => {
    const memory = new Memory({ services: ['web'] }, { environmentId: 'staging', images: { web: 'web:1' } });
    memory.run(...passed);
    expect(memory.deployed).toEqual(['IN_PROGRESS', 'SUCCEEDED']);
    memory.run(['down', 'FAILED'], ['report', 'SUCCESS']);
    expect(memory.execution.status).toBe('FAILED');
    expect(memory.deployed).toHaveLength(2);
  });

  it('ends with a run that the server gives up', () => {
    const memory = new Memory().run(...passed).start('down');
    memory.decide((run) => giveUpRun(run, id, 'a fault'));
    expect(memory.execution).toMatchObject({ status: 'ERROR', detachedTasks: 0, finallyTasks: 0 });
    expect(memory.statuses).toMatchObject({ down: 'ABORTED', report: 'SKIPPED without a job' });
  });

  it('is given up by another abort before it begins', () => {
    const tasks = { up: { run: 'x' }, test: { run: 'x', onFailure: 'look' }, look: { run: 'x', type: 'forensic' } };
    const memory = new Memory({ tasks }).run(['up', 'SUCCESS']).start('test');
    memory.stop();
    memory.end('test', 'CANCELLED', 'CANCEL');
    expect(memory.execution).toMatchObject({ status: 'RUNNING', finallyTasks: null });
    memory.stop();
    expect(memory.execution).toMatchObject({ status: 'ABORTED', finallyTasks: 0 });
    expect(memory.statuses).toMatchObject({ look: 'QUEUED' });
  });

  it('runs after a person has decided against a failure that waited', () => {
    const tasks = { up: { run: 'x' }, test: { run: 'x', failureStrategy: 'wait' } };
    for (const [action, status] of [
      ['FAIL', 'FAILED'],
      ['ABORT', 'ABORTED'],
    ] as const) {
      const memory = new Memory({ tasks }).run(['up', 'SUCCESS'], ['test', 'FAILED']);
      expect(memory.execution).toMatchObject({ status: 'WAITING', finallyTasks: null });
      memory.decide((run) => decideTask(run, memory.task('test'), { action, by: 'test', reason: null }));
      expect(memory.execution).toMatchObject({ status: 'RUNNING', finallyTasks: 2 });
      memory.run(...cleaned);
      expect(memory.execution.status).toBe(status);
    }
  });
});
