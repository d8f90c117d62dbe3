import { nameOf, type Run, type Stage, stagesOf, type Task, tasksOf, ownTasks, workflowOf } from './run';
import { duration } from './ui';

const signs: Readonly<Record<string, string>> = {
  SUCCESS: '✅',
  FAILED: '❌',
  ERROR: '❌',
  ABORTED: '⛔',
  EXPIRED: '⌛',
  REJECTED: '🚫',
  WAITING: '⏸️',
  PAUSED: '⏸️',
  SKIPPED: '➖',
};
const status = (one: string): string => `${signs[one] ?? '⏳'} ${one}`;

/** Text of the server as text of Markdown: neither a table, a link nor HTML. */
const plain = (text: string | null | undefined): string =>
  (text ?? '').replace(/[\\`*_{}[\]<>|#!&]/g, (mark) => `&#${mark.codePointAt(0)};`).replace(/\s+/g, ' ');

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[]): string[] =>
  rows.length === 0 ? [] : [row(...head), row(...head.map(() => '---')), ...rows, ''];

/** Tasks that failed, each with the element that it belongs to. */
export const failedTasks = (run: Run): { readonly place: string; readonly task: Task }[] => {
  const groups = [
    ...stagesOf(run).map((stage) => ({ place: stage.pipelineStepName, tasks: tasksOfStage(stage) })),
    { place: '', tasks: ownTasks(run) },
  ];
  return groups.flatMap(({ place, tasks }) =>
    tasks
      .filter((task) => task.status === 'FAILED' && !task.ignoredFailure)
      .map((task) => ({ place: place === '' ? task.name : `${place} › ${task.name}`, task })),
  );
};

const tasksOfStage = (stage: Stage): readonly Task[] => {
  const workflow = workflowOf(stage);
  return workflow === null ? [] : tasksOf(workflow);
};

/** Report of a run in Markdown, for the page of a CI job. */
export function markdownOf(run: Run): string {
  const tests = run.reports.flatMap(({ task, report }) => (report?.tests ? [{ task, tests: report.tests }] : []));
  const images = run.serviceImages.map(({ service, image }) => `${plain(service?.name)}: ${plain(image)}`);
  return [
    `## ${plain(nameOf(run))}: ${status(run.status)}`,
    '',
    [`Run \`${run.id}\``, `attempt ${run.attempt}`, duration(run.durationMs)].filter(Boolean).join(', '),
    '',
    ...(run.failureDetails === null ? [] : [`> ${plain(run.failureCode)}: ${plain(run.failureDetails)}`, '']),
    ...(images.length === 0 ? [] : [`Images: ${images.join(', ')}`, '']),
    ...table(
      ['Stage', 'Element', 'Status', 'Reason'],
      stagesOf(run).map((stage) =>
        row(plain(stage.pipelineStageName), plain(stage.pipelineStepName), status(stage.status), plain(stage.reason)),
      ),
    ),
    ...table(
      ['Task', 'Status', 'Duration'],
      ownTasks(run).map((task) => row(plain(task.name), status(task.status), duration(task.durationMs))),
    ),
    ...table(
      ['Failed task', 'Exit code', 'Reason'],
      failedTasks(run).map(({ place, task }) => row(plain(place), String(task.exitCode ?? ''), plain(task.reason))),
    ),
    ...table(
      ['Tests of', 'Run', 'Failed', 'Skipped'],
      tests.map(({ task, tests: { tests: all, failures, errors, skipped } }) =>
        row(plain(task), String(all), String(failures + errors), String(skipped)),
      ),
    ),
    '',
  ].join('\n');
}
