import type { QueueRow } from './useQueue';

type Named = Pick<QueueRow, 'execution' | 'task' | 'job'>;

const pipelineRun = ({ execution }: Named) =>
  execution.cause.__typename === 'ExecutedAlongPipeline' ? execution.cause.execution : null;

/** Run of the job: of a pipeline, or of the standalone workflow. */
export const runOf = (row: Named): string => pipelineRun(row)?.id ?? row.execution.id;

const workflowOf = ({ execution }: Named): string =>
  (execution.__typename === 'WorkflowExecution' ? execution.workflow?.name : null) ?? 'deleted or hidden workflow';

/** `shop / release / deploy`: where the task belongs. */
export const pathOf = (row: Named): string =>
  [row.execution.application?.name ?? 'deleted application', pipelineRun(row)?.pipeline?.name, workflowOf(row)]
    .filter((one) => one != null)
    .join(' / ');

export const environmentOf = ({ execution }: Named): string | undefined =>
  execution.__typename === 'WorkflowExecution' ? execution.environment?.name : undefined;

/** Task of its run, with the job opened. */
export const taskHref = (row: Named): string => `/runs/${runOf(row)}?task=${row.task.id}`;

/** Answer of the API about an action on the row. */
export const actionOf = ({ availableActions }: Pick<QueueRow, 'availableActions'>, name: string) =>
  availableActions.find(({ action }) => action === name);

/** True if the reader may do anything with the row. */
export const mayChange = ({ availableActions }: Pick<QueueRow, 'availableActions'>): boolean =>
  availableActions.some(({ allowed }) => allowed);

/** Why it waits, without its name, which the row has. */
export function whyOf({ whyNotRunning, task }: Pick<QueueRow, 'whyNotRunning' | 'task'>): string {
  const message = whyNotRunning?.message ?? 'It is being offered to an agent.';
  const subject = `Task "${task.name}" `;
  if (!message.startsWith(subject)) return message;
  const text = message.slice(subject.length);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
