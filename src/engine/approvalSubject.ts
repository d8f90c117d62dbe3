import { contentHash } from '../catalog/language/contentHash';
import { partsOf } from '../catalog/language/outputReferences';
import { isFinal } from '../contract/statuses';
import type { ApprovalSubject, SubjectElement } from './approval';
import type { SubjectChange } from './subjectChange';
import type { Standing } from './deployment';
import { deploys } from './deployments';
import type { Execution, StageExecution } from './execution';
import type { Want } from './facts';
import type { RunSlice } from './runSlice';
import { ElementFiller } from './stageOutputs';
import { laterVariables } from './workflowOutputs';

export const digestOf = (subject: ApprovalSubject): string => contentHash(subject);

const placeKey = (environmentId: string | null, serviceId: string): string => `${environmentId} ${serviceId}`;

/** Elements that an approval stage covers: those after it, up to and including the stage of the next approval. */
export function coveredBy(stages: readonly StageExecution[], approval: StageExecution): StageExecution[] {
  const next = stages.find(({ kind, stageIndex }) => kind === 'APPROVAL' && stageIndex > approval.stageIndex);
  const last = next?.stageIndex ?? Number.POSITIVE_INFINITY;
  return stages.filter(
    ({ kind, stageIndex }) => kind === 'WORKFLOW' && stageIndex > approval.stageIndex && stageIndex <= last,
  );
}

/** Approvals that were given and let an element begin: those of the nearest earlier stage that has any. */
export function approvalsOver(stages: readonly StageExecution[], element: StageExecution): StageExecution[] {
  const earlier = stages.filter(({ kind, stageIndex }) => kind === 'APPROVAL' && stageIndex < element.stageIndex);
  const nearest = Math.max(...earlier.map(({ stageIndex }) => stageIndex));
  return earlier.filter(({ stageIndex, status }) => stageIndex === nearest && status === 'SUCCESS');
}

/** Facts about what elements replace. */
export const replacedBy = (stages: readonly Pick<StageExecution, 'environmentId' | 'images'>[]): Want[] =>
  stages.filter(deploys).flatMap(({ environmentId, images }) =>
    Object.keys(images).map((serviceId) => ({
      kind: 'standing' as const,
      key: placeKey(environmentId, serviceId),
    })),
  );

export const standingOf = (run: RunSlice, environmentId: string | null, serviceId: string): Standing | null =>
  run.fact('standing', placeKey(environmentId, serviceId));

/**
 * The current subject. Images that the run itself has deployed are not changes, so the image that it replaced is taken
 * from the subject `before`. `beginning`: the element that is about to begin, whose variables all have their values.
 */
export function subjectOf(
  run: RunSlice,
  execution: Execution,
  stages: readonly StageExecution[],
  before: ApprovalSubject | null,
  beginning: string | null = null,
): ApprovalSubject {
  run.require(...replacedBy(stages));
  const values = laterValues(
    run,
    execution,
    stages.filter(({ id }) => id !== beginning),
  );
  const elements = stages.map((stage): SubjectElement => {
    const { elementId, stageName, stepName, environmentId, images, workflowRevisionId } = stage;
    const known = before?.elements.find((one) => one.elementId === elementId);
    const { variables = {}, pending = [] } = values.get(stage.id) ?? {};
    const still = (known?.pending ?? []).filter((name) => name in stage.variables || name in variables);
    const kept = Object.fromEntries(still.map((name) => [name, known?.variables[name] ?? '']));
    const replaces = Object.keys(images).map((serviceId): [string, string | null] => {
      const has = deploys(stage) ? standingOf(run, environmentId, serviceId) : null;
      const own = has?.runId === execution.runId ? known?.replaces[serviceId] : undefined;
      return [serviceId, own === undefined ? (has?.image ?? null) : own];
    });
    return {
      ...{ elementId, stageName, stepName, workflowRevisionId, environmentId, images },
      variables: { ...stage.variables, ...variables, ...kept },
      pending: [...new Set([...pending, ...still])].sort(),
      replaces: Object.fromEntries(replaces),
    };
  });
  return { revisionId: execution.revisionId, elements };
}

interface LaterValues {
  readonly variables: Readonly<Record<string, string>>;
  readonly pending: readonly string[];
}

/** Values that elements get from others, or their references if those have not ended. */
function laterValues(
  run: RunSlice,
  execution: Execution,
  stages: readonly StageExecution[],
): ReadonlyMap<string, LaterValues> {
  const { stages: defined } = run.fact('pipeline', execution.revisionId);
  const asked = stages.flatMap((stage) => {
    const element = defined[stage.stageIndex]?.elements[stage.elementIndex];
    if (element?.type !== 'WORKFLOW') return [];
    const given = stage.answers?.values ?? {};
    const texts = laterVariables(element)
      .filter((name) => !Object.hasOwn(given, name))
      .map((name) => [name, element.variables[name] ?? ''] as const);
    return texts.length === 0 ? [] : [{ id: stage.id, texts }];
  });
  if (asked.length === 0) return new Map();
  const ended = new Set(
    run
      .elements(execution.id)
      .filter(({ status }) => isFinal(status))
      .map(({ stepName }) => stepName),
  );
  const hasEnded = (text: string) => partsOf(text).every((part) => part.is !== 'OUTPUT' || ended.has(part.element));
  const filler = new ElementFiller(
    run,
    execution,
    asked.flatMap(({ texts }) => texts.map(([, text]) => text)).filter(hasEnded),
  );
  return new Map(
    asked.map(({ id, texts }) => {
      const filled = texts.map(([name, text]) => {
        const value = hasEnded(text) ? filler.text(text) : null;
        return value !== null && 'value' in value ? { name, value: value.value } : { name, value: text, pending: true };
      });
      return [
        id,
        {
          variables: Object.fromEntries(filled.map(({ name, value }) => [name, value])),
          pending: filled.flatMap(({ name, pending }) => (pending ? [name] : [])),
        },
      ];
    }),
  );
}

/** Differences between two subjects, for people. Empty if the digests are the same. */
export function changesBetween(run: RunSlice, before: ApprovalSubject, now: ApprovalSubject): SubjectChange[] {
  if (digestOf(before) === digestOf(now)) return [];
  const changes: SubjectChange[] = [];
  const note = (what: string, from: string | null, to: string | null) => {
    if (from !== to) changes.push({ what, from, to });
  };
  note('revision of the pipeline', before.revisionId, now.revisionId);
  const ids = new Set([...before.elements, ...now.elements].map(({ elementId }) => elementId));
  const of = ({ elements }: ApprovalSubject, id: string) => elements.find(({ elementId }) => elementId === id);
  const pairs = [...ids].map((id) => [of(before, id), of(now, id)] as const);
  requireNames(run, [...before.elements, ...now.elements]);
  for (const [old, next] of pairs) {
    const name = (next ?? old)?.stepName ?? '';
    if (old === undefined || next === undefined) {
      note(`element "${name}"`, old === undefined ? null : old.stepName, next === undefined ? null : next.stepName);
      continue;
    }
    note(`workflow revision of "${name}"`, old.workflowRevisionId, next.workflowRevisionId);
    note(`environment of "${name}"`, nameOf(run, old.environmentId), nameOf(run, next.environmentId));
    for (const id of keysOf(old.images, next.images)) {
      note(`image of ${serviceName(run, id)} for "${name}"`, old.images[id] ?? null, next.images[id] ?? null);
    }
    for (const key of keysOf(old.variables, next.variables)) {
      note(`variable ${key} of "${name}"`, old.variables[key] ?? null, next.variables[key] ?? null);
    }
    for (const id of keysOf(old.replaces, next.replaces)) {
      const place = `${serviceName(run, id)} in ${nameOf(run, next.environmentId) ?? 'no environment'}`;
      note(place, old.replaces[id] ?? null, next.replaces[id] ?? null);
    }
  }
  return changes;
}

const keysOf = (a: object, b: object): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();

function requireNames(run: RunSlice, elements: readonly SubjectElement[]): void {
  run.require(
    ...elements.flatMap(({ environmentId: key }) => (key === null ? [] : [{ kind: 'environment' as const, key }])),
    ...elements.flatMap(({ images }) => Object.keys(images).map((key) => ({ kind: 'serviceName' as const, key }))),
  );
}

const nameOf = (run: RunSlice, environmentId: string | null): string | null =>
  environmentId === null ? null : run.fact('environment', environmentId).name;
const serviceName = (run: RunSlice, id: string): string => run.fact('serviceName', id);

/** Changes as text: `web in production is web:3 instead of web:2`. */
export const changesText = (changes: readonly SubjectChange[]): string =>
  changes.map(({ what, from, to }) => `${what} is ${to ?? 'gone'} instead of ${from ?? 'nothing'}`).join('; ');
