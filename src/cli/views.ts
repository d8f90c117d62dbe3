import { findRun } from './runs';
import type { Session } from './session';
import { words } from './ui';

/** `slipway graph`: what a run consists of and where each part of it stands, level by level. */
export async function showGraph({ api, ui }: Session, named: string): Promise<void> {
  const { id } = await findRun({ api, ui }, named);
  const { graph } = await api.ask<{ graph: { text: string } }>(
    'query ($id: ID!) { graph: workflowGraph(executionId: $id, format: ASCII) { format nodeCount text } }',
    { id },
  );
  ui.say(graph.text.trimEnd());
  ui.answer(graph);
}

interface Compared<Of> {
  readonly name: string;
  readonly a: Of | null;
  readonly b: Of | null;
}
type Values = readonly Compared<string>[];
type Results = readonly (Compared<{ readonly status: string; readonly reasonCode: string | null }> & {
  readonly stage: string | null;
  readonly different: boolean;
})[];
interface Comparison {
  readonly definition: Values | null;
  readonly inputs: Values;
  readonly images: Values;
  readonly variables: Values;
  readonly stages: Results;
  readonly tasks: Results;
  readonly omitted: number;
}

const VALUE = '{ name a b }';
const RESULT = '{ name stage different a { status reasonCode } b { status reasonCode } }';

/** `slipway compare`: what is different between two runs. */
export async function compareRuns({ api, ui }: Session, first: string, second: string): Promise<void> {
  const [a, b] = [await findRun({ api, ui }, first), await findRun({ api, ui }, second)];
  const { found } = await api.ask<{ found: Comparison }>(
    `query ($a: ID!, $b: ID!) { found: compareExecutions(a: $a, b: $b) {
      definition ${VALUE} inputs ${VALUE} images ${VALUE} variables ${VALUE} stages ${RESULT} tasks ${RESULT} omitted } }`,
    { a: a.id, b: b.id },
  );
  ui.answer(found);
  if (ui.json) return;
  const values = (kind: string, all: Values | null) =>
    (all ?? []).map((one) => [kind, one.name, firstLine(one.a), firstLine(one.b)]);
  const results = (kind: string, all: Results) =>
    all
      .filter(({ different }) => different)
      .map((one) => [
        kind,
        [one.stage, one.name].filter(Boolean).join(' › '),
        ...[one.a, one.b].map((of) => (of === null ? '–' : words(of.status, of.reasonCode ?? ''))),
      ]);
  const rows = [
    ...values('definition', found.definition),
    ...values('image', found.images),
    ...values('input', found.inputs),
    ...values('variable', found.variables),
    ...results('stage', found.stages),
    ...results('task', found.tasks),
  ];
  if (rows.length === 0) return ui.say('Nothing is different.');
  ui.table(['', '', a.id, b.id], rows);
  if (found.omitted > 0) ui.say(ui.paint.dim(`and ${found.omitted} more`));
}

const firstLine = (text: string | null): string => text?.split('\n', 1)[0] ?? '–';
