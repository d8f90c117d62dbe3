// Long because it holds all that a decision may read of the runs and change in them, so that nothing is written past it.
import type { ActorRef } from '../access/actor';
import type { Refusal } from '../kernel/errors';
import type { Approval } from './approval';
import { type Changes, noChanges } from './changes';
import type { Execution, ExecutionVariable, StageExecution, TaskExecution } from './execution';
import type { ExecutionEventData, ExecutionEventType } from './executionEvent';
import { checkMove } from './machine';
import { type FactKind, type FactKinds, type Facts, type Frontier, Missing, type Want } from './facts';
import type { NewGraph } from './newTasks';
import type { TaskEnd } from './taskEnd';

/** Time, ids and randomness are injected, so that a decision on the same slice is always the same. */
export interface Circumstances {
  readonly now: Date;
  readonly actor: ActorRef;
  readonly newId: () => string;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly begins: Begins;
}

/**
 * How a decision finds out what keeps an element from beginning: it assumes that nothing does, it looks, or, if what it
 * saw changed at the same time, it queues the element.
 */
export type Begins = 'ASSUME' | 'LOOK' | 'ASK';

/**
 * The part of the runs that a decision knows, and its changes. Rows that it changed are read with their changes.
 * Nothing is written before the decision is complete.
 */
export class RunSlice {
  readonly now: Date;
  readonly actor: ActorRef;
  readonly newId: () => string;
  readonly random: () => number;
  readonly begins: Begins;
  readonly changes: Changes = noChanges();
  /** Changed and new tasks, by execution. */
  private readonly tasksOf = new Map<string, Map<string, TaskExecution>>();
  private readonly namesOf = new Map<string, Map<string, TaskExecution>>();
  private later: TaskEnd[] = [];
  private readonly asking = new Set<string>();
  /** Reason why the command as a whole is refused. */
  refusal: Refusal | null = null;

  constructor(
    private readonly facts: Facts,
    circumstances: Circumstances,
  ) {
    this.now = circumstances.now;
    this.actor = circumstances.actor;
    this.newId = circumstances.newId;
    this.random = circumstances.random;
    this.begins = circumstances.begins;
  }

  /** Requires several facts together, so that they are loaded in one round trip. */
  require(...wants: readonly Want[]): void {
    const missing = wants.filter((want) => !this.facts.has(want) && !this.isNew(want));
    if (missing.length > 0) throw new Missing(missing);
  }

  fact<K extends FactKind>(kind: K, key: string): FactKinds[K] {
    const value = this.facts.get(kind, key);
    if (value === undefined) throw new Missing([{ kind, key }]);
    return value;
  }

  private isNew({ kind, key }: Want): boolean {
    if (kind === 'execution') return this.changes.executions.has(key);
    if (kind === 'elements') return this.changes.plans.has(key);
    return kind === 'task' && this.changes.tasks.has(key);
  }

  execution(id: string): Execution {
    return this.changes.executions.get(id)?.after ?? this.fact('execution', id);
  }

  /** Undefined if the decision has neither asked for it nor made it. */
  knownExecution(id: string): Execution | undefined {
    return this.changes.executions.get(id)?.after ?? this.facts.get('execution', id);
  }

  /** Members of a run that are not final. */
  activeMembers(runId: string): Execution[] {
    const known = this.fact('members', runId).map(({ id }) => this.execution(id));
    const fresh = [...this.changes.executions.values()].filter(
      ({ before, after }) => before === null && after.runId === runId,
    );
    return [...known, ...fresh.map(({ after }) => after).filter(({ id }) => id !== runId)].filter(
      ({ endedAt }) => endedAt === null,
    );
  }

  setExecution(after: Execution): Execution {
    const known = this.changes.executions.get(after.id);
    checkMove(thingOf(after), this.execution(after.id).status, after.status);
    this.changes.executions.set(after.id, {
      before: known === undefined ? this.fact('execution', after.id) : known.before,
      after,
    });
    return after;
  }

  addExecution(row: Execution): void {
    checkMove(thingOf(row), null, row.status);
    this.changes.executions.set(row.id, { before: null, after: row });
  }

  /** Adds to the counts of open, busy and waiting tasks. */
  count(
    executionId: string,
    { open = 0, busy = 0, waiting = 0 }: Partial<Record<'open' | 'busy' | 'waiting', number>>,
  ): void {
    const row = this.execution(executionId);
    this.setExecution({
      ...row,
      openTasks: row.openTasks + open,
      busyTasks: row.busyTasks + busy,
      waitingTasks: row.waitingTasks + waiting,
    });
  }

  /** Elements that an execution shows, in order. */
  elements(executionId: string): StageExecution[] {
    const shown =
      this.changes.plans.get(executionId)?.map(({ id }) => id) ??
      this.fact('elements', executionId).map(({ id }) => id);
    return shown.map((id) => this.element(executionId, id));
  }

  element(executionId: string, id: string): StageExecution {
    const changed = this.changes.stages.get(id)?.after;
    if (changed !== undefined) return changed;
    const known = this.changes.plans.get(executionId) ?? this.fact('elements', executionId);
    const found = known.find((stage) => stage.id === id);
    if (found === undefined) throw new Error(`execution ${executionId} shows no stage execution ${id}`);
    return found;
  }

  setStage(before: StageExecution, after: StageExecution): StageExecution {
    const known = this.changes.stages.get(after.id);
    checkMove('element', (known?.after ?? before).status, after.status);
    this.changes.stages.set(after.id, { before: known === undefined ? before : known.before, after });
    return after;
  }

  /** Plan of a new attempt: rows that it keeps, and new rows for elements that it runs. */
  setPlan(executionId: string, kept: readonly StageExecution[], added: readonly StageExecution[]): void {
    for (const stage of added) {
      checkMove('element', null, stage.status);
      this.changes.stages.set(stage.id, { before: null, after: stage });
    }
    const place = ({ stageIndex, elementIndex }: StageExecution) => stageIndex * 10_000 + elementIndex;
    this.changes.plans.set(
      executionId,
      [...kept, ...added].sort((a, b) => place(a) - place(b)),
    );
  }

  waitingApprovals(executionId: string): Approval[] {
    const { approvals, decided } = this.changes;
    const known = [
      ...this.fact('approvals', executionId),
      ...approvals.filter((one) => one.executionId === executionId),
    ];
    return known.filter(({ id }) => !decided.some((one) => one.id === id));
  }

  /** All approvals of an execution, in the order of their requests. */
  approvals(executionId: string): Approval[] {
    const { approvals, decided, executions } = this.changes;
    const known = executions.get(executionId)?.before === null ? [] : this.fact('allApprovals', executionId);
    const fresh = approvals.filter((one) => one.executionId === executionId);
    const statuses = new Map(decided.map(({ id, status }) => [id, status]));
    return [...known, ...fresh].map((one) => ({ ...one, status: statuses.get(one.id) ?? one.status }));
  }

  task(id: string): TaskExecution {
    return this.changes.tasks.get(id)?.after ?? this.fact('task', id);
  }

  /** A task by name, if a decision has changed it. */
  changedTask(executionId: string, name: string): TaskExecution | undefined {
    return this.namesOf.get(executionId)?.get(name);
  }

  changedTasks(executionId: string): Iterable<TaskExecution> {
    return this.tasksOf.get(executionId)?.values() ?? [];
  }

  setTask(after: TaskExecution, before?: TaskExecution): TaskExecution {
    const known = this.changes.tasks.get(after.id);
    const loaded = known === undefined ? (before ?? this.fact('task', after.id)) : known.before;
    checkMove('task', known?.after.status ?? loaded?.status ?? null, after.status);
    this.changes.tasks.set(after.id, { before: loaded, after });
    this.index(after);
    return after;
  }

  private index(task: TaskExecution): void {
    const own = this.tasksOf.get(task.executionId) ?? new Map<string, TaskExecution>();
    this.tasksOf.set(task.executionId, own.set(task.id, task));
    if (task.type !== 'normal') return;
    const names = this.namesOf.get(task.executionId) ?? new Map<string, TaskExecution>();
    this.namesOf.set(task.executionId, names.set(task.name, task));
  }

  /** Tasks, edges and gates of a new attempt. */
  addGraph(execution: Execution, graph: NewGraph): void {
    this.changes.graphs.push({ executionId: execution.id, graph });
    this.addNodes(execution, graph);
  }

  /** Tasks of a workflow that a task runs. */
  addInnerGraph(execution: Execution, graph: NewGraph): void {
    this.changes.innerGraphs.push(graph);
    this.addNodes(execution, graph);
  }

  private addNodes(execution: Execution, graph: NewGraph): void {
    const { id: executionId, runId, attempt } = execution;
    for (const { id, name, level, ordinal, dependsOn, reasonCode = null } of graph.tasks) {
      const task = {
        ...blankTask(this.now),
        id,
        executionId,
        runId,
        attempt,
        name,
        level,
        ordinal,
        waitingOn: dependsOn.length,
        reasonCode,
      };
      this.addTask(task);
    }
    for (const { id, dependsOn } of graph.gates) {
      this.changes.gates.set(id, { id, executionId, waitingOn: dependsOn.length });
    }
    for (const { id, dependsOn } of [...graph.tasks, ...graph.gates]) this.addEdges(id, dependsOn);
  }

  addEdges(id: string, dependsOn: readonly string[]): void {
    for (const one of dependsOn) {
      const waiting = this.changes.edges.get(one) ?? [];
      this.changes.edges.set(one, waiting);
      waiting.push(id);
    }
  }

  addTask(task: TaskExecution): void {
    checkMove('task', null, task.status);
    this.changes.tasks.set(task.id, { before: null, after: task });
    this.index(task);
  }

  /** True if all tasks of an execution's attempt are new. */
  isNewGraph(executionId: string): boolean {
    return this.changes.graphs.some((one) => one.executionId === executionId);
  }

  /**
   * Releases dependents of passed dependencies: a task that waits for nothing else is ready, and a gate that waits for
   * nothing else passes, too.
   */
  release(passed: readonly string[]): void {
    const ids = [...passed];
    this.require(...ids.filter((id) => !this.isNewNode(id)).map((key) => ({ kind: 'dependents' as const, key })));
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const known = this.changes.edges.get(id) ?? (this.isNewNode(id) ? [] : this.fact('dependents', id));
      for (const waiting of known) {
        const gate = this.changes.gates.get(waiting) ?? this.facts.get('gate', waiting);
        if (gate === undefined) {
          const task = this.task(waiting);
          // A detached task that has ended never changes.
          if (task.type === 'normal' || task.endedAt === null) {
            this.setTask({ ...task, waitingOn: task.waitingOn - 1 });
          }
        } else {
          this.changes.gates.set(waiting, { ...gate, waitingOn: gate.waitingOn - 1 });
          if (gate.waitingOn === 1) ids.push(waiting);
        }
      }
    }
  }

  private isNewNode(id: string): boolean {
    return this.changes.edges.has(id) || this.changes.tasks.get(id)?.before === null;
  }

  /** Tasks that are ready and have no job, in order; and the first task that is not final. */
  frontier(
    execution: Execution,
    /** True if not everything that is ready may run: then all of it is read. */
    wide = false,
  ): {
    ready: TaskExecution[];
    next: Pick<TaskExecution, 'level' | 'ordinal'> | undefined;
  } {
    const changed = [...this.changedTasks(execution.id)].filter(({ type }) => type === 'normal');
    const fresh = this.isNewGraph(execution.id);
    const found = fresh ? { ready: [], open: [] } : this.knownFrontier(execution.id, changed, wide);
    const byOrdinal = (a: { ordinal: number }, b: { ordinal: number }) => a.ordinal - b.ordinal;
    const own = new Set(changed.map(({ id }) => id));
    const ready = [...found.ready.filter(({ id }) => !own.has(id)), ...changed.filter(isReady)].sort(byOrdinal);
    if (execution.mode === 'WORK_STEALING') return { ready, next: undefined };
    const open = [...found.open.filter(({ id }) => !own.has(id)), ...changed.filter(({ endedAt }) => endedAt === null)];
    return { ready, next: open.sort(byOrdinal)[0] };
  }

  private knownFrontier(
    executionId: string,
    changed: readonly TaskExecution[],
    wide: boolean,
  ): Omit<Frontier, 'reach'> {
    const consumed = changed.filter(({ id }) => {
      const before = this.changes.tasks.get(id)?.before;
      return before != null && (isReady(before) || (before.endedAt === null && this.task(id).endedAt !== null));
    });
    const known = this.facts.get('frontier', executionId);
    if (known !== undefined && known.reach >= (wide ? WHOLE : consumed.length)) return known;
    const reach = wide ? WHOLE : Math.max(16, 2 * consumed.length);
    throw new Missing([{ kind: 'frontier', key: executionId, reach }]);
  }

  /**
   * Values that tasks of an execution have set and that its newest attempt shows: excludes those of tasks that it runs
   * again.
   */
  variables(executionId: string): ExecutionVariable[] {
    const fresh = this.changes.executions.get(executionId)?.before === null;
    const begun = this.changes.attempts.find((one) => one.executionId === executionId);
    const known = fresh || begun?.kind === 'RERUN' ? [] : this.fact('variables', executionId);
    const kept =
      begun === undefined
        ? known
        : known.filter(
            ({ setBy }) => this.changedTask(executionId, setBy) === undefined && !begun.dropped?.includes(setBy),
          );
    return [...kept, ...this.changes.variables.filter((one) => one.executionId === executionId)];
  }

  event<T extends ExecutionEventType>(
    run: { readonly runId: string; readonly executionId: string },
    type: T,
    data: ExecutionEventData[T],
  ): void {
    this.changes.events.push({ runId: run.runId, executionId: run.executionId, type, data });
  }

  /** Queues ends of tasks that were decided without an agent, while another task was being settled. */
  settleLater(ends: readonly TaskEnd[]): void {
    this.later.push(...ends);
  }

  /** Notes a workflow execution with a task that asks a person, so that its status shows it. */
  noteAsking(executionId: string): void {
    this.asking.add(executionId);
  }

  takeAsking(): readonly string[] {
    const asking = [...this.asking];
    this.asking.clear();
    return asking;
  }

  takeLater(): readonly TaskEnd[] {
    const ends = this.later;
    this.later = [];
    return ends;
  }
}

/** No frontier has more tasks. */
const WHOLE = 20_000;

const thingOf = ({ kind }: Execution) => (kind === 'PIPELINE' ? 'run' : 'workflow');

export const isReady = ({ status, waitingOn, jobId, nextTryAt, type }: TaskExecution): boolean =>
  status === 'QUEUED' && waitingOn === 0 && jobId === null && nextTryAt === null && type === 'normal';

export const blankTask = (now: Date) =>
  ({
    type: 'normal',
    level: 0,
    ordinal: 0,
    status: 'QUEUED',
    waitingOn: 0,
    jobId: null,
    tries: 0,
    failures: 0,
    losses: 0,
    nextTryAt: null,
    waitsUntil: null,
    passed: false,
    reasonCode: null,
    reason: null,
    exitCode: null,
    createdAt: now,
    startedAt: null,
    endedAt: null,
  }) as const satisfies Partial<TaskExecution>;
