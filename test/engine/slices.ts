import type { ActorRef } from '../../src/access/actor';
import { parseDefinitions } from '../../src/catalog/language/parseDefinitions';
import type { WorkflowDefinition } from '../../src/catalog/language/workflow';
import type { Execution, TaskExecution } from '../../src/engine/execution';
import { Facts } from '../../src/engine/facts';
import { blankTask, RunSlice } from '../../src/engine/runSlice';

export const now = new Date('2026-01-01T00:00:00Z');
const actor: ActorRef = { type: 'SYSTEM', id: null, name: 'system' } as unknown as ActorRef;

function definitionWith(keys: object, services: readonly string[]): WorkflowDefinition {
  const tasks = { one: { run: 'x', ...keys }, two: { run: 'x', dependsOn: ['one'] } };
  const source = JSON.stringify({ kind: 'Workflow', application: 'app', name: 'w', services, tasks });
  const [parsed] = parseDefinitions({ source, format: 'JSON' }).documents;
  if (parsed?.document?.kind !== 'Workflow') throw new Error('not a workflow');
  return parsed.document.definition;
}

export interface SliceOptions {
  readonly failureCode?: string | null;
  /** Losses of the running task. */
  readonly losses?: number;
  /** Services that the workflow deploys. */
  readonly services?: readonly string[];
  readonly execution?: Partial<Execution>;
  /** Adds facts. */
  readonly knows?: (facts: Facts) => void;
}

/** A workflow execution in which task `one` runs and `two` waits for it. */
export function sliceWith(
  keys: object,
  { failureCode = null, losses = 0, services = [], execution: more = {}, knows = () => undefined }: SliceOptions = {},
): RunSlice {
  const definition = definitionWith(keys, services);
  const facts = new Facts();
  let made = 0;
  const [id, revisionId] = ['execution', 'revision'];
  const task = { ...blankTask(now), executionId: id, runId: id, attempt: 1 };
  const one = {
    ...task,
    id: 'one',
    name: 'one',
    status: 'RUNNING',
    jobId: 'job',
    tries: 1 + losses,
    losses,
    startedAt: now,
  };
  const two = { ...task, id: 'two', name: 'two', level: 1, ordinal: 1, waitingOn: 1 };
  const execution = {
    ...{
      id,
      runId: id,
      revisionId,
      kind: 'WORKFLOW',
      status: 'RUNNING',
      mode: 'WORK_STEALING',
      attempt: 1,
      version: 1,
    },
    ...{ parentStageExecutionId: null, environmentId: null, images: {}, variables: {}, pause: null, maxParallel: null },
    ...{
      openTasks: failureCode === null ? 2 : 1,
      busyTasks: 1,
      waitingTasks: 0,
      detachedTasks: 0,
      finallyTasks: null,
      endedAt: null,
    },
    ...{ failureCode, failureDetails: failureCode, startedAt: now, attemptStartedAt: now },
    ...more,
  };
  const skipped = { ...two, status: 'SKIPPED', endedAt: now };
  facts.set('execution', id, execution as unknown as Execution);
  facts.set('workflow', revisionId, definition);
  facts.set('task', 'one', one as TaskExecution);
  facts.set('task', 'two', (failureCode === null ? two : skipped) as TaskExecution);
  facts.set('dependents', 'one', ['two']);
  facts.set('unstarted', id, failureCode === null ? [two as TaskExecution] : []);
  facts.set('running', id, [one as TaskExecution]);
  facts.set('frontier', id, { reach: 100, ready: [], open: [] });
  facts.set('failed', id, []);
  facts.set('openTasks', id, [one as TaskExecution, ...(failureCode === null ? [two as TaskExecution] : [])]);
  knows(facts);
  return new RunSlice(facts, { now, actor, newId: () => `new ${++made}`, random: () => 0, begins: 'ASSUME' });
}
