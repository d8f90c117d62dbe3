import { useMemo } from 'react';
import type { UrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { Panel } from '../../parts/Panel';
import { type Choice, Picker } from '../../parts/Picker';
import { SearchField } from '../../parts/SearchField';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { lookOf } from '../../parts/statuses';
import { type Column, RowLink, Table } from '../../parts/Table';
import { Duration, Time } from '../../parts/Time';
import styles from './Run.module.css';
import type { RunTask } from './useTasks';

interface TaskTableProps {
  readonly tasks: readonly RunTask[];
  readonly loading: boolean;
  readonly url: UrlState;
}

/** Every task of the chosen workflow. A row opens what is known about its task. */
export function TaskTable({ tasks, loading, url }: TaskTableProps) {
  const text = url.get('find').toLowerCase();
  const statuses = url.all('is');
  const shown = useMemo(
    () =>
      tasks.filter(
        ({ name, status }) =>
          (text === '' || name.toLowerCase().includes(text)) && (statuses.length === 0 || statuses.includes(status)),
      ),
    [tasks, text, statuses],
  );
  const choices = useMemo(() => choicesOf(tasks), [tasks]);
  const columns = useMemo(() => columnsOf(url), [url]);
  return (
    <Panel
      title="Tasks"
      padded={false}
      actions={
        <search className={styles.filters}>
          <SearchField label="Find a task by its name" value={url.get('find')} onChange={(find) => url.set({ find })} />
          <Picker label="Status" multiple choices={choices} value={statuses} onChange={(is) => url.set({ is })} />
        </search>
      }
    >
      {loading ? (
        <Skeleton label="Loading tasks" rows={6} />
      ) : shown.length > 0 ? (
        <Table label="Tasks" rows={shown} columns={columns} idOf={({ id }) => id} />
      ) : (
        <Empty
          icon="filter"
          title={tasks.length === 0 ? 'No tasks yet' : 'No task matches'}
          action={tasks.length > 0 && <Button onClick={() => url.set({ find: '', is: [] })}>Clear the filters</Button>}
        >
          {tasks.length === 0 ? 'They appear here when the workflow begins.' : 'Choose another name or status.'}
        </Empty>
      )}
    </Panel>
  );
}

/** Statuses that tasks have, with their numbers. */
function choicesOf(tasks: readonly RunTask[]): readonly Choice[] {
  const counts = new Map<string, number>();
  for (const { status } of tasks) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({
    ...{ value, label: lookOf(value).word },
    hint: count.toLocaleString('en'),
  }));
}

/** Words for tasks that are not part of the graph. */
export const kinds: Readonly<Record<string, string>> = {
  FINALLY: 'finally',
  FORENSIC: 'on failure',
  RESTORE: 'restore',
};

const columnsOf = (url: UrlState): Column<RunTask>[] => [
  {
    ...{ key: 'status', title: 'Status', width: '128px', hideBelow: 640 },
    cell: ({ status }) => <Status status={status} />,
  },
  {
    ...{ key: 'name', title: 'Task' },
    cell: (task) => (
      <span className={styles.taskName}>
        <span className={styles.narrow}>
          <Status status={task.status} as="icon" />
        </span>
        <RowLink href={url.href({ task: task.id })} title={task.name}>
          {task.name}
        </RowLink>
        {kinds[task.type] && <span className={styles.tag}>{kinds[task.type]}</span>}
        {task.reused && <span className={styles.tag}>kept</span>}
        {task.tries > 1 && <span className={styles.tag}>try {task.tries}</span>}
        {task.ignoredFailure && <span className={styles.tag}>failure ignored</span>}
        {task.reason && <span className={styles.why}>{task.reason}</span>}
      </span>
    ),
  },
  {
    ...{ key: 'duration', title: 'Duration', width: '110px', align: 'end' },
    cell: (task) => <TaskDuration task={task} />,
  },
  {
    ...{ key: 'started', title: 'Started', width: '110px', align: 'end', hideBelow: 900 },
    cell: ({ startedAt }) => (
      <span className={styles.quiet}>
        <Time at={startedAt} />
      </span>
    ),
  },
];

export function TaskDuration({ task: { startedAt, endedAt } }: { readonly task: RunTask }) {
  if (startedAt === null) return <span className={styles.quiet}>–</span>;
  if (endedAt === null) return <Duration since={startedAt} />;
  return <Duration ms={Date.parse(endedAt) - Date.parse(startedAt)} />;
}
