import { useCallback, useMemo } from 'react';
import { useData } from '../../data/hooks';
import type { UrlState } from '../../data/urlState';
import { Graph, type GraphGroup, type GraphNode } from '../../graph/Graph';
import { ErrorNote } from '../../parts/ErrorNote';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { ConsoleRunGraphDocument } from './generated';
import { failureOf, type RunTask } from './useTasks';

interface GraphTabProps {
  readonly member: string;
  readonly tasks: readonly RunTask[];
  readonly url: UrlState;
}

/** Name of a task without its combination. */
const baseOf = (name: string) => name.split('[')[0] ?? name;

/** The graph of the chosen workflow. Its shape is read once; the statuses are those of the tasks. */
export function GraphTab({ member, tasks, url }: GraphTabProps) {
  const { data, error, refresh } = useData(ConsoleRunGraphDocument, { id: member });
  const text = data?.workflowGraph?.text;
  const graph = useMemo(
    () =>
      text === undefined
        ? undefined
        : (JSON.parse(text) as { nodes: readonly GraphNode[]; groups: readonly GraphGroup[] }),
    [text],
  );
  const { byName, byBase } = useMemo(() => {
    const names = new Map(tasks.map((task) => [task.name, task]));
    const bases = new Map<string, RunTask[]>();
    for (const task of tasks) {
      const base = baseOf(task.name);
      if (base === task.name) continue;
      const list = bases.get(base) ?? [];
      bases.set(base, list);
      list.push(task);
    }
    return { byName: names, byBase: bases };
  }, [tasks]);
  const statusesOf = useCallback(
    (name: string) => {
      const task = byName.get(name);
      return task ? [task.status] : (byBase.get(name) ?? []).map(({ status }) => status);
    },
    [byName, byBase],
  );
  const open = (name: string) => {
    const task = byName.get(name);
    // A matrix whose combinations are known only while it runs is one box.
    if (task) url.set({ task: task.id }, { push: true });
    else url.set({ tab: 'tasks', find: name }, { push: true });
  };
  const chosen = url.get('task');
  const selected = tasks.find(({ id }) => id === chosen)?.name;
  const failure = failureOf(tasks)?.name ?? '';
  const start = graph?.nodes.some(({ name }) => name === failure) ? failure : baseOf(failure);
  // The graph chooses where it opens once, so it waits for the tasks.
  const ready = graph && (graph.nodes.length === 0 || tasks.length > 0);
  return (
    <Panel title="Graph" padded={false}>
      <ErrorNote error={error} onRetry={refresh} />
      {!ready && error === undefined && <Skeleton label="Loading the graph" rows={6} />}
      {ready && <Graph {...graph} {...{ statusesOf, selected, start }} onOpen={open} />}
    </Panel>
  );
}
