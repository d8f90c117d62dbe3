import {
  CompareExecutionsDocument,
  type ComparedResultFragment,
  type ComparedValueFragment,
  RunGraphDocument,
} from '../client/generated';
import { findRun } from './runs';
import type { Session } from './session';
import { words } from './ui';

/** `slipway graph`: shows the parts of a run and their statuses, level by level. */
export async function showGraph({ api, ui }: Session, named: string | undefined): Promise<void> {
  const { id } = await findRun({ api, ui }, named);
  const { workflowGraph } = await api.ask(RunGraphDocument, { id });
  ui.print(workflowGraph.text.trimEnd());
  ui.answer(workflowGraph);
}

/** `slipway compare`: shows the differences between two runs. */
export async function compareRuns({ api, ui }: Session, first: string, second: string): Promise<void> {
  const [a, b] = [await findRun({ api, ui }, first), await findRun({ api, ui }, second)];
  const { compareExecutions: found } = await api.ask(CompareExecutionsDocument, { a: a.id, b: b.id });
  ui.answer(found);
  if (ui.json) return;
  const values = (kind: string, all: readonly ComparedValueFragment[]) =>
    all.map((one) => [kind, one.name, firstLine(one.a), firstLine(one.b)]);
  const results = (kind: string, all: readonly ComparedResultFragment[]) =>
    all
      .filter(({ different }) => different)
      .map((one) => [
        kind,
        [one.stage, one.name].filter(Boolean).join(' › '),
        ...[one.a, one.b].map((of) => (of === null ? '–' : words(of.status, of.reasonCode ?? ''))),
      ]);
  const rows = [
    ...values('definition', found.definition ?? []),
    ...values('image', found.images),
    ...values('input', found.inputs),
    ...values('variable', found.variables),
    ...results('stage', found.stages),
    ...results('task', found.tasks),
  ];
  if (rows.length === 0) return ui.say('No differences.');
  ui.table(['', '', a.id, b.id], rows);
  if (found.omitted > 0) ui.say(ui.paint.dim(`and ${found.omitted} more`));
}

const firstLine = (text: string | null): string => text?.split('\n', 1)[0] ?? '–';
