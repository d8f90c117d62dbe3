import type { DeploymentPlace, Standing } from '../engine/deployment';
import type { Facts, FactKind, Want } from '../engine/facts';
import { findGroupIds } from '../access/principals.store';
import { findFreezesOf } from '../catalog/freezes/freezes.store';
import type { Db } from '../kernel/database/database';
import type { App } from './app';
import { findAllApprovals, findWaitingApprovals } from './approvals/approvals.store';
import {
  findDoubts,
  findOpenDeployments,
  findServiceNames,
  findStandingAt,
  findStandingOf,
} from './deployments/deployments.store';
import { keyOf } from './deployments/places';
import { findDetached, findHandledFailures, findOpenFinally } from './execution/detachedTasks.store';
import { findEnvironmentFacts, findTaskFacts } from './execution/conditions.store';
import { findSecretNames, findVariables } from './execution/executionVariables.store';
import { findExecutions, findActiveMembers, findNewestAttempts, findShownMembers } from './execution/executions.store';
import { findCurrentStages } from './execution/stages.store';
import {
  findDependents,
  findFailedTasks,
  findFrontiers,
  findOpenTasks,
  findBusyTasks,
  findRunningTasks,
  findSkippedTasks,
  findTasks,
  findUnstartedTasks,
} from './execution/tasks.store';
import { findErrorEnds } from './logs/jobLogs.store';
import { findDelays, findSlotStates } from './slots/slots.store';

/** Amount of standard error that a failure handler gets. */
const ERROR_BYTES = 4096;

type Loader = (db: Db, facts: Facts, keys: readonly string[], wants: readonly Want[], app: App) => Promise<unknown>;

/** Reader of each kind of fact: one statement for all keys of a kind. A missing row is a defect. */
const loaders: Readonly<Record<FactKind, Loader>> = {
  execution: async (db, facts, keys) => {
    for (const row of await findExecutions(db, keys)) facts.set('execution', row.id, row);
  },
  members: async (db, facts, keys) => {
    // A decision that asks for the members stops or pauses them, so it needs those that have not ended.
    const [rows, unstarted, running, deployments] = await Promise.all([
      findActiveMembers(db, keys),
      findUnstartedTasks(db, keys, 'of members'),
      findRunningTasks(db, keys, 'of members'),
      findOpenDeployments(db, keys, 'of runs'),
    ]);
    for (const row of rows) facts.set('execution', row.id, row);
    for (const task of [...unstarted, ...running]) facts.set('task', task.id, task);
    group(facts, 'members', keys, rows, (row) => row.runId);
    const ids = rows.map(({ id }) => id);
    group(facts, 'unstarted', ids, unstarted, (task) => task.executionId);
    group(facts, 'running', ids, running, (task) => task.executionId);
    group(facts, 'deployments', ids, deployments, (row) => row.executionId);
  },
  shownMembers: async (db, facts, keys) => {
    const rows = await findShownMembers(db, keys);
    for (const row of rows) facts.set('execution', row.id, row);
    group(facts, 'shownMembers', keys, rows, (row) => row.runId);
  },
  attempt: async (db, facts, keys) => {
    for (const row of await findNewestAttempts(db, keys)) facts.set('attempt', row.executionId, row);
  },
  pipeline: async (db, facts, keys, _wants, { pipelineRevisions }) => {
    for (const { id, definition } of await pipelineRevisions.getAll(db, keys)) facts.set('pipeline', id, definition);
  },
  workflow: async (db, facts, keys, _wants, { workflowRevisions }) => {
    for (const { id, definition } of await workflowRevisions.getAll(db, keys)) facts.set('workflow', id, definition);
  },
  elements: async (db, facts, keys) =>
    group(facts, 'elements', keys, await findCurrentStages(db, keys), (row) => row.executionId),
  approvals: async (db, facts, keys) =>
    group(facts, 'approvals', keys, await findWaitingApprovals(db, keys), (row) => row.executionId),
  allApprovals: async (db, facts, keys) =>
    group(facts, 'allApprovals', keys, await findAllApprovals(db, keys), (row) => row.executionId),
  standing: async (db, facts, keys) => {
    for (const key of keys) facts.set('standing', key, null);
    setStanding(facts, await findStandingAt(db, keys));
  },
  standingOf: async (db, facts, keys) => {
    setStanding(facts, await findStandingOf(db, keys));
    for (const key of keys) facts.set('standingOf', key, true);
  },
  task: async (db, facts, keys) => {
    for (const row of await findTasks(db, keys)) facts.set('task', row.id, row);
  },
  detached: async (db, facts, keys) => {
    for (const row of await findDetached(db, keys)) facts.set('detached', row.taskId, row);
  },
  gate: () => Promise.resolve(),
  dependents: async (db, facts, keys) => {
    const { edges, gates, tasks } = await findDependents(db, keys);
    for (const gate of gates) facts.set('gate', gate.id, gate);
    for (const task of tasks) facts.set('task', task.id, task);
    for (const key of keys) facts.set('dependents', key, []);
    for (const { dependsOnId, dependents } of edges) facts.set('dependents', dependsOnId, dependents);
  },
  frontier: async (db, facts, keys, wants) => {
    const reach = Math.max(...wants.map((want) => want.reach ?? 1));
    for (const { executionId, ready, open } of await findFrontiers(db, keys, reach)) {
      for (const task of ready) facts.set('task', task.id, task);
      facts.set('frontier', executionId, { reach, ready, open });
    }
  },
  unstarted: async (db, facts, keys) => {
    const rows = await findUnstartedTasks(db, keys);
    for (const row of rows) facts.set('task', row.id, row);
    group(facts, 'unstarted', keys, rows, (row) => row.executionId);
  },
  openTasks: async (db, facts, keys) => {
    const rows = await findOpenTasks(db, keys);
    for (const row of rows) facts.set('task', row.id, row);
    group(facts, 'openTasks', keys, rows, (row) => row.runId);
  },
  running: async (db, facts, keys) => {
    const rows = await findRunningTasks(db, keys);
    for (const row of rows) facts.set('task', row.id, row);
    group(facts, 'running', keys, rows, (row) => row.executionId);
  },
  busy: async (db, facts, keys) => {
    group(facts, 'busy', keys, await findBusyTasks(db, keys), (row) => row.executionId);
  },
  skipped: async (db, facts, keys) => {
    const rows = await findSkippedTasks(db, keys);
    for (const row of rows) facts.set('task', row.id, row);
    group(facts, 'skipped', keys, rows, (row) => row.executionId);
  },
  failed: async (db, facts, keys) => {
    for (const key of keys) {
      const rows = await findFailedTasks(db, key);
      for (const row of rows) facts.set('task', row.id, row);
      facts.set('failed', key, rows);
    }
  },
  finally: async (db, facts, keys) => {
    const rows = await findOpenFinally(db, keys);
    for (const row of rows) facts.set('task', row.id, row);
    group(facts, 'finally', keys, rows, (row) => row.executionId);
  },
  errorEnd: async (db, facts, keys, _wants, app) => {
    const found = await findErrorEnds(db, app, keys, ERROR_BYTES);
    for (const key of keys) facts.set('errorEnd', key, found.get(key) ?? '');
  },
  handled: async (db, facts, keys) => {
    const found = await findHandledFailures(db, keys);
    for (const key of keys) facts.set('handled', key, found.has(key));
  },
  variables: async (db, facts, keys) =>
    group(facts, 'variables', keys, await findVariables(db, keys), (row) => row.executionId),
  environment: async (db, facts, keys) => {
    for (const { id, ...environment } of await findEnvironmentFacts(db, keys)) {
      facts.set('environment', id, environment);
    }
  },
  deployments: async (db, facts, keys) =>
    group(facts, 'deployments', keys, await findOpenDeployments(db, keys), (row) => row.executionId),
  doubts: async (db, facts, keys) => {
    for (const { executionId, skipped, unsure } of await findDoubts(db, keys)) {
      facts.set('doubts', executionId, { skipped, unsure });
    }
  },
  serviceName: async (db, facts, keys) => {
    for (const { id, name } of await findServiceNames(db, keys)) facts.set('serviceName', id, name);
  },
  freezes: async (db, facts, keys) => {
    for (const [id, found] of await findFreezesOf(db, keys)) facts.set('freezes', id, found);
  },
  groupIds: async (db, facts, keys) => {
    const found = await findGroupIds(db, keys);
    for (const key of keys) facts.set('groupIds', key, found.get(key) ?? new Set());
  },
  delay: async (db, facts, keys) => {
    const found = await findDelays(db, keys);
    for (const key of keys) facts.set('delay', key, found.get(key) ?? null);
  },
  slot: async (db, facts, keys) => {
    for (const { key, ...state } of await findSlotStates(db, keys)) facts.set('slot', key, state);
  },
  secretNames: async (db, facts, keys) => {
    const found = await findSecretNames(db, keys);
    for (const key of keys) facts.set('secretNames', key, found.get(key) ?? new Set());
  },
  taskFact: async (db, facts, keys) => {
    const named = keys.map((key) => [key.slice(0, 36), key.slice(37)] as const);
    for (const key of keys) facts.set('taskFact', key, null);
    const [ids, names] = [named.map(([id]) => id), named.map(([, name]) => name)];
    for (const fact of await findTaskFacts(db, ids, names)) {
      facts.set('taskFact', `${fact.executionId} ${fact.name}`, fact);
    }
  },
};

/** Loads the facts that a decision asked for, all kinds in parallel, in one round trip. */
export async function load(db: Db, app: App, facts: Facts, wants: readonly Want[]): Promise<void> {
  const kinds = new Map<FactKind, Want[]>();
  for (const want of wants) {
    if (facts.has(want)) continue;
    const own = kinds.get(want.kind) ?? [];
    kinds.set(want.kind, own);
    own.push(want);
  }
  const reads = [...kinds].map(([kind, own]) => {
    const keys = [...new Set(own.map((want) => want.key))];
    return loaders[kind](db, facts, keys, own, app);
  });
  await Promise.all(reads);
  const lost = wants.find((want) => !facts.has(want));
  if (lost !== undefined) throw new Error(`${lost.kind} ${lost.key} does not exist`);
}

function setStanding(facts: Facts, found: readonly (DeploymentPlace & { readonly standing: Standing | null })[]): void {
  for (const { standing, ...place } of found) facts.set('standing', keyOf(place), standing);
}

function group<
  K extends
    | 'members'
    | 'shownMembers'
    | 'elements'
    | 'approvals'
    | 'allApprovals'
    | 'openTasks'
    | 'finally'
    | 'unstarted'
    | 'running'
    | 'busy'
    | 'skipped'
    | 'variables'
    | 'deployments',
  Row,
>(facts: Facts, kind: K, keys: readonly string[], rows: readonly Row[], keyOf: (row: Row) => string): void {
  const groups = new Map<string, Row[]>(keys.map((key) => [key, []]));
  for (const row of rows) groups.get(keyOf(row))?.push(row);
  for (const [key, own] of groups) facts.set(kind, key, own as unknown as Parameters<typeof facts.set<K>>[2]);
}
