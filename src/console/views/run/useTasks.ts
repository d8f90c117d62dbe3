import { useCallback, useEffect, useRef, useState } from 'react';
import type { ApiError } from '../../../client/apiError';
import { type LiveChange, type LiveSource, useLive } from '../../data/live';
import { asApiError, server } from '../../data/server';
import { ConsoleRunTasksDocument, type RunTaskFragment } from './generated';

export type RunTask = RunTaskFragment;

export interface Tasks {
  /** In the order of the graph; tasks of `finally` and failure handlers come last. */
  readonly tasks: readonly RunTask[];
  readonly loading: boolean;
  readonly error: ApiError | undefined;
  readonly refresh: () => void;
}

interface State {
  readonly of: string;
  readonly tasks: readonly RunTask[];
  readonly loaded: boolean;
  readonly error?: ApiError;
}

interface TaskMoved {
  readonly taskExecutionId: string;
  readonly to: RunTask['status'];
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly exitCode: number | null;
  readonly try: number;
}

/** Events after which tasks exist that the page doesn't know. */
const adding = new Set(['ATTEMPT_STARTED', 'BESIDE_TASK_CREATED', 'EXECUTION_CREATED', 'FINALLY_STARTED']);
const AGAIN_MS = 1_000;

/**
 * Tasks of a workflow execution, live. They are read once and then follow the events, because a workflow may have
 * 10,000 of them; for the same reason, they are not in the cache of objects.
 */
export function useTasks(id: string | null, source: LiveSource | null): Tasks {
  const [state, setState] = useState<State>({ of: '', tasks: [], loaded: false });
  const missed = useRef<LiveChange[]>([]);
  const again = useRef<ReturnType<typeof setTimeout>>(undefined);
  const asked = useRef(0);

  const load = useCallback(async () => {
    if (id === null) return;
    clearTimeout(again.current);
    again.current = undefined;
    const mine = ++asked.current;
    missed.current = [];
    try {
      const { execution } = await server.ask(ConsoleRunTasksDocument, { id });
      if (mine !== asked.current) return;
      const tasks =
        execution.__typename === 'WorkflowExecution'
          ? [...execution.tasks, ...execution.finallyTasks, ...execution.forensicExecutions]
          : [];
      setState({ of: id, tasks: patched(tasks, missed.current).tasks, loaded: true });
    } catch (error) {
      if (mine === asked.current) setState((before) => ({ ...before, of: id, loaded: true, error: asApiError(error) }));
    }
  }, [id]);
  const refresh = useCallback(() => void load(), [load]);
  useEffect(() => {
    refresh();
    return () => clearTimeout(again.current);
  }, [refresh]);

  useLive(source, (changes) => {
    const mine = changes.filter(({ all, executionId }) => all || executionId === id);
    if (mine.length === 0 || id === null) return;
    missed.current.push(...mine);
    const { tasks, complete } = patched(state.tasks, mine);
    if (tasks !== state.tasks) setState((before) => ({ ...before, tasks: patched(before.tasks, mine).tasks }));
    if (!complete || mine.some(({ all, type = '' }) => all || adding.has(type)))
      again.current ??= setTimeout(refresh, AGAIN_MS);
  });

  const shown = state.of === id ? state : undefined;
  return { tasks: shown?.tasks ?? none, loading: id !== null && !shown?.loaded, error: shown?.error, refresh };
}

const none: readonly RunTask[] = [];

/** Applies events to tasks. `complete` is false if one of them is about a task that is not known. */
function patched(tasks: readonly RunTask[], changes: readonly LiveChange[]) {
  const moves = new Map<string, { at: string; data: TaskMoved }[]>();
  for (const { type, at = '', data } of changes) {
    if (type !== 'TASK_STATUS') continue;
    const moved = data as TaskMoved;
    const list = moves.get(moved.taskExecutionId) ?? [];
    moves.set(moved.taskExecutionId, list);
    list.push({ at, data: moved });
  }
  if (moves.size === 0) return { tasks, complete: true };
  let found = 0;
  const next = tasks.map((task) => {
    const own = moves.get(task.id);
    if (own === undefined) return task;
    found++;
    return own.reduce((before, { at, data }) => afterMove(before, data, at), task);
  });
  return { tasks: next, complete: found === moves.size };
}

const ended: ReadonlySet<string> = new Set(['SUCCESS', 'FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED', 'SKIPPED']);

function afterMove(task: RunTask, { to, reasonCode, reason, exitCode, try: tries }: TaskMoved, at: string): RunTask {
  const startedAt = task.startedAt ?? (to === 'RUNNING' || to === 'WAITING' ? at : null);
  return { ...task, status: to, reasonCode, reason, exitCode, tries, startedAt, endedAt: ended.has(to) ? at : null };
}

/** Task that explains a failure best: the first that failed and whose failure counts; canceled tasks come after it. */
export function failureOf(tasks: readonly RunTask[]): RunTask | undefined {
  const first = (statuses: readonly string[]) =>
    tasks
      .filter(({ status, ignoredFailure, type }) => statuses.includes(status) && !ignoredFailure && type !== 'FORENSIC')
      .sort((a, b) => Date.parse(a.endedAt ?? '') - Date.parse(b.endedAt ?? ''))[0];
  return first(['FAILED', 'ERROR', 'EXPIRED', 'REJECTED']) ?? first(['ABORTED']);
}
