import { canonicalJson } from '../kernel/canonicalJson';
import type { StageExecution } from './execution';
import type { Catalog } from './startPlan';
import type { PipelineDefinition, StageElement } from '../catalog/language/pipeline';
import { baseName, dependenciesOf, nodesOf } from '../catalog/language/matrix';
import { noMatrix } from '../catalog/language/combinations';
import { taskNodes } from '../catalog/language/taskGraph';
import type { WorkflowDefinition } from '../catalog/language/workflow';

/** One difference between what an execution has run so far and the definition that its next attempt is to run. */
export interface DefinitionChange {
  readonly change: 'ADDED' | 'REMOVED' | 'RENAMED' | 'MOVED' | 'REWIRED' | 'CHANGED';
  /** Null for a standalone workflow. */
  readonly stage: string | null;
  readonly step: string | null;
  /** Null if it concerns an element of a stage. */
  readonly task: string | null;
  /** True if it concerns a kept part: then the resume is refused unless it is forced. */
  readonly incompatible: boolean;
  readonly message: string;
}

/** Place of a task’s change. */
export type Place = Pick<DefinitionChange, 'stage' | 'step'>;

/**
 * Changes of a workflow’s tasks. Tasks that run again may change. A kept task must still exist and wait for the same
 * tasks: otherwise this definition would not have produced its result, and the files of a renamed task are not found.
 * ALL are kept with their element: then nothing of the workflow runs, not even new tasks.
 */
export function taskChanges(
  before: WorkflowDefinition,
  after: WorkflowDefinition,
  kept: ReadonlySet<string> | 'ALL',
  place: Place,
): DefinitionChange[] {
  const old = new Set(taskNodes(before.tasks).map((node) => node.name));
  const now = new Set(taskNodes(after.tasks).map((node) => node.name));
  const changes: DefinitionChange[] = [];
  const where = place.step === null ? '' : ` of element "${place.step}" of stage "${place.stage}"`;
  const add = (change: DefinitionChange['change'], task: string, incompatible: boolean, what: string) =>
    changes.push({ ...place, change, task, incompatible, message: `task "${task}"${where}${what}` });
  const bases = Object.keys(before.tasks).filter((base) => after.tasks[base] !== undefined);
  const rewired = new Set(bases.filter((base) => waitsFor(before, base) !== waitsFor(after, base)));
  const changed = new Set(
    bases.filter((base) => canonicalJson(before.tasks[base]) !== canonicalJson(after.tasks[base])),
  );
  for (const task of old) {
    const [keeps, base] = [kept === 'ALL' || kept.has(task), baseName(task)];
    if (!now.has(task)) {
      add('REMOVED', task, keeps, `${keeps ? ', which would be kept,' : ''} was removed or renamed`);
    } else if (keeps && rewired.has(base)) {
      add('REWIRED', task, true, ', which would be kept, depends on other tasks than when it ran');
    } else if (changed.has(base)) {
      add('CHANGED', task, false, ` has changed${keeps ? '; it keeps its result' : ''}`);
    }
  }
  const added = kept === 'ALL' ? ' was added; it does not run, since the element is kept' : ' was added';
  for (const task of now) if (!old.has(task)) add('ADDED', task, false, added);
  return changes;
}

/**
 * Nodes that a task waits for. Combinations of a matrix count one by one, because another combination is another
 * dependency.
 */
function waitsFor({ tasks }: WorkflowDefinition, base: string): string {
  const nodes = dependenciesOf(base, tasks).flatMap((dependency) =>
    'node' in dependency ? [dependency.node] : nodesOf(dependency.all, tasks[dependency.all] ?? noMatrix),
  );
  return [...new Set(nodes)].sort().join('\n');
}

/** An element of a definition, and its place there. */
export interface PlacedElement {
  readonly stageIndex: number;
  readonly elementIndex: number;
  readonly stageName: string;
  readonly element: StageElement;
}

export const placedElements = ({ stages }: PipelineDefinition): PlacedElement[] =>
  stages.flatMap(({ name: stageName, elements }, stageIndex) =>
    elements.map((element, elementIndex) => ({ stageIndex, elementIndex, stageName, element })),
  );

/** Parts that a resume keeps and runs of another revision of its pipeline. */
export interface Fit {
  readonly kept: readonly { readonly row: StageExecution; readonly place: PlacedElement }[];
  readonly runs: readonly { readonly row: StageExecution | undefined; readonly place: PlacedElement }[];
  readonly changes: readonly DefinitionChange[];
}

/**
 * Maps the kept elements to the latest definition by name. Everything behind the last kept stage runs. Kept elements
 * with another name, stage or workflow are incompatible, and so are elements that were added before them, since they
 * would not run. Force keeps what is still before that stage, and drops the rest.
 */
export function fitStages(
  kept: readonly StageExecution[],
  again: readonly StageExecution[],
  targetIndex: number,
  definition: PipelineDefinition,
  catalog: Catalog,
): Fit {
  const places = placedElements(definition);
  const placeOf = new Map(places.map((place) => [place.element.name, place]));
  const earlier = kept.filter((row) => row.stageIndex < targetIndex);
  const behind = 1 + Math.max(-1, ...earlier.map((row) => placeOf.get(row.stepName)?.stageIndex ?? -1));
  const target = [...again, ...kept].filter((row) => row.stageIndex === targetIndex);
  const targets = target.flatMap((row) => placeOf.get(row.stepName)?.stageIndex ?? []);
  const from = Math.min(behind, ...targets);
  const stays = (row: StageExecution, place: PlacedElement) =>
    row.stageIndex === targetIndex || place.stageIndex < from;

  const keptNow = kept.flatMap((row) => {
    const place = placeOf.get(row.stepName);
    return place !== undefined && stays(row, place) ? [{ row, place }] : [];
  });
  const keeps = new Set(keptNow.map(({ place }) => place));
  const rows = new Map(again.map((row) => [row.stepName, row]));
  const runs = places
    .filter((place) => place.stageIndex >= from && !keeps.has(place))
    .map((place) => ({ place, row: rows.get(place.element.name) }));

  const changes = kept.flatMap((row) => keptChange(row, placeOf.get(row.stepName), targetIndex, catalog));
  for (const place of places.filter((one) => one.stageIndex < from && !keeps.has(one))) {
    changes.push(
      elementChange(
        'ADDED',
        place.stageName,
        place.element.name,
        true,
        'was added before what would be kept, and would not run',
      ),
    );
  }
  const known = new Set([...kept, ...again].map((row) => row.stepName));
  for (const { place } of runs.filter((one) => !known.has(one.place.element.name))) {
    changes.push(elementChange('ADDED', place.stageName, place.element.name, false, 'was added'));
  }
  for (const row of again.filter((one) => !placeOf.has(one.stepName))) {
    changes.push(elementChange('REMOVED', row.stageName, row.stepName, false, 'was removed or renamed'));
  }
  return { kept: keptNow, runs, changes };
}

function keptChange(
  row: StageExecution,
  place: PlacedElement | undefined,
  targetIndex: number,
  catalog: Catalog,
): DefinitionChange[] {
  const change = (what: DefinitionChange['change'], message: string) => [
    elementChange(what, row.stageName, row.stepName, true, message),
  ];
  if (place === undefined) return change('REMOVED', 'would be kept, but was removed or renamed');
  const { element, stageName } = place;
  // The position of the stage that a resume starts from may change when stages are added before it; its name identifies
  // it.
  if (row.stageIndex !== targetIndex && row.stageIndex !== place.stageIndex) {
    return change('MOVED', `would be kept, but is now in stage ${place.stageIndex + 1}, "${stageName}"`);
  }
  if (row.stageName !== stageName) return change('RENAMED', `would be kept, but its stage is now "${stageName}"`);
  if (row.kind !== element.type) return change('REWIRED', `would be kept, but now has the type ${element.type}`);
  if (element.type === 'APPROVAL') return [];
  const workflow = catalog.workflows.find((one) => one.name === element.workflow);
  if (workflow?.id !== row.workflowId) return change('REWIRED', `would be kept, but now runs "${element.workflow}"`);
  const environment = catalog.environments.find((one) => one.name === element.environment);
  if (environment !== undefined && environment.id !== row.environmentId) {
    return change('REWIRED', `would be kept, but now targets "${environment.name}"`);
  }
  return [];
}

const elementChange = (
  change: DefinitionChange['change'],
  stage: string,
  step: string,
  incompatible: boolean,
  message: string,
): DefinitionChange => ({
  change,
  stage,
  step,
  task: null,
  incompatible,
  message: `element "${step}" of stage "${stage}" ${message}`,
});
