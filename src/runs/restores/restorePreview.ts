import type { Actor } from '../../access/actor';
import type { App } from '../app';
import type { Execution, StageExecution } from '../../engine/execution';
import { findExecutions } from '../execution/executions.store';
import { findVariables } from '../execution/executionVariables.store';
import { findCurrentStages } from '../execution/stages.store';
import { Refusal } from '../../kernel/errors';
import { requireRun } from '../commands/addImagesToRun';
import type { RestoreContent, RestorePoint } from './restore';
import { planRestore, type RestorePlan, type Reversal, refuseRestore, requirePoint, restoreToken } from './restorePlan';
import { requireCreator, requireRestore } from './restoreRights';
import { writeConfiguration } from './writeConfiguration';

/** A value that a restore changes; null where there is none. */
export interface Reverted {
  readonly name: string;
  readonly now: string | null;
  readonly restored: string | null;
}

export interface RevertedStage {
  readonly elementId: string;
  readonly stageName: string;
  readonly stepName: string;
  readonly status: string | null;
  readonly attempt: number | null;
  readonly restoredStatus: string | null;
  readonly restoredAttempt: number | null;
}

export interface RestorePreview {
  readonly run: Execution;
  readonly allowed: boolean;
  readonly refusals: readonly { readonly code: string; readonly message: string }[];
  /** Null without a point that can be read. */
  readonly point: RestorePoint | null;
  readonly configuration: string | null;
  readonly inputs: readonly Reverted[];
  readonly images: readonly Reversal[];
  readonly variables: readonly (Reverted & {
    readonly elementId: string;
    readonly stageName: string;
    readonly stepName: string;
  })[];
  readonly stages: readonly RevertedStage[];
  readonly steps: RestorePlan['steps'];
  readonly planToken: string | null;
}

/** What a restore of a run would do, and everything that stands in its way. Writes nothing. */
export async function previewRestore(app: App, actor: Actor, runId: string): Promise<RestorePreview> {
  const seen = await requireRun(app, actor, runId);
  return app.database.snapshot(async (db) => {
    const [run = seen] = await findExecutions(db, [seen.id]);
    const refusals: Refusal[] = [];
    const note = <T>(error: unknown): T | null => {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(error);
      return null;
    };
    const status = refuseRestore(run);
    if (status !== null) refusals.push(status);
    const point = await requirePoint(db, run.id, null).catch(note<RestorePoint>);
    const nothing = { point: null, configuration: null, inputs: [], images: [], variables: [], stages: [], steps: [] };
    if (point === null) {
      try {
        requireCreator(actor, run);
      } catch (error) {
        note(error);
      }
      return { ...nothing, run, allowed: false, refusals: shown(refusals), planToken: null };
    }
    const plan = await planRestore(db, point);
    await requireRestore(db, actor, run, plan).catch(note);
    const stages = await findCurrentStages(db, [run.id]);
    const allowed = refusals.length === 0;
    return {
      run,
      allowed,
      refusals: shown(refusals),
      point,
      configuration: writeConfiguration(point.content),
      inputs: [
        ...differences(run.variables, point.content.run.variables),
        ...differences(named(run.images, point.content), named(point.content.run.images, point.content)),
      ],
      images: plan.reversals,
      variables: await revertedVariables(db, point.content, stages),
      stages: revertedStages(point.content, stages),
      steps: plan.steps,
      planToken: allowed ? restoreToken(run, plan) : null,
    };
  });
}

const shown = (refusals: readonly Refusal[]) => refusals.map(({ code, message }) => ({ code, message }));

const named = (images: Readonly<Record<string, string>>, { services }: RestoreContent): Record<string, string> =>
  Object.fromEntries(Object.entries(images).map(([id, image]) => [services[id] ?? id, image]));

/** What differs between two maps, by name. */
function differences(now: Readonly<Record<string, string>>, restored: Readonly<Record<string, string>>): Reverted[] {
  const names = [...new Set([...Object.keys(now), ...Object.keys(restored)])].sort();
  return names
    .map((name) => ({ name, now: now[name] ?? null, restored: restored[name] ?? null }))
    .filter((one) => one.now !== one.restored);
}

/** What tasks have set, by element: as it is and as it was. */
async function revertedVariables(
  db: Parameters<typeof findVariables>[0],
  content: RestoreContent,
  stages: readonly StageExecution[],
): Promise<RestorePreview['variables']> {
  const set = await findVariables(
    db,
    stages.flatMap((stage) => stage.workflowExecutionId ?? []),
  );
  const valuesOf = (
    rows: readonly { executionId: string; name: string; value: string }[],
    id: string | null | undefined,
  ) => Object.fromEntries(rows.filter((row) => row.executionId === id).map(({ name, value }) => [name, value]));
  return content.stages.flatMap((was) => {
    const now = stages.find((stage) => stage.elementId === was.elementId);
    const { elementId, stageName, stepName } = was;
    return differences(
      { ...now?.variables, ...valuesOf(set, now?.workflowExecutionId) },
      { ...was.variables, ...valuesOf(content.variables, was.workflowExecutionId) },
    ).map((one) => ({ ...one, elementId, stageName, stepName }));
  });
}

/** Elements whose result of a later attempt is shown now. */
function revertedStages(content: RestoreContent, stages: readonly StageExecution[]): RevertedStage[] {
  const was = new Map(content.stages.map((stage) => [stage.elementId, stage]));
  const now = new Map(stages.map((stage) => [stage.elementId, stage]));
  return [...new Set([...was.keys(), ...now.keys()])].flatMap((elementId) => {
    const [before, after] = [was.get(elementId), now.get(elementId)];
    const named = before ?? after;
    if (named === undefined || before?.id === after?.id) return [];
    return {
      elementId,
      stageName: named.stageName,
      stepName: named.stepName,
      status: after?.status ?? null,
      attempt: after?.attempt ?? null,
      restoredStatus: before?.status ?? null,
      restoredAttempt: before?.attempt ?? null,
    };
  });
}
