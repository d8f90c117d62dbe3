import type { Actor } from '../../access/actor';
import type { Execution, StageExecution } from '../../engine/execution';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { requireRun } from '../commands/addImagesToRun';
import { findExecutions } from '../execution/executions.store';
import { findVariables } from '../execution/executionVariables.store';
import { findCurrentStages } from '../execution/stages.store';
import { placesOf } from '../deployments/places';
import { requireNotFrozen } from '../freezes/frozen';
import type { MayOverrideFreeze } from '../freezes/overrideFreeze';
import type { RestorePoint } from './restore';
import {
  deployingOfRestore,
  findDeploymentsThen,
  planRestore,
  type RestorePlan,
  refuseRestore,
  requirePoint,
  restoreToken,
} from './restorePlan';
import { requireCreator, requireRestore } from './restoreRights';
import type { RestoredRun } from './restoredRun';
import { writeConfiguration } from './writeConfiguration';

/** A value that a restore changes; null means that it does not exist. */
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
  /** Null without a usable restore point. */
  readonly plan: RestorePlan | null;
  readonly configuration: string | null;
  readonly inputs: readonly Reverted[];
  readonly variables: readonly (Reverted & {
    readonly elementId: string;
    readonly stageName: string;
    readonly stepName: string;
  })[];
  readonly stages: readonly RevertedStage[];
  readonly planToken: string | null;
}

/** Everything that a restore of a run would do, and everything that prevents it. Writes nothing. */
export async function previewRestore(
  app: App,
  actor: Actor,
  runId: string,
  override: MayOverrideFreeze = {},
): Promise<RestorePreview> {
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
    if (point === null) {
      try {
        requireCreator(actor, run);
      } catch (error) {
        note(error);
      }
      const nothing = { plan: null, configuration: null, inputs: [], variables: [], stages: [], planToken: null };
      return { ...nothing, run, allowed: false, refusals: shown(refusals) };
    }
    const plan = await planRestore(app, db, run, point);
    const { restored } = plan;
    await requireRestore(db, actor, run, plan).catch(note);
    await requireNotFrozen(app, db, actor, run, deployingOfRestore(plan), override).catch(note);
    const stages = await findCurrentStages(db, [run.id]);
    const allowed = refusals.length === 0;
    const images = (of: Execution['images']) =>
      Object.fromEntries(Object.entries(of).map(([id, image]) => [restored.services[id] ?? id, image]));
    return {
      run,
      allowed,
      refusals: shown(refusals),
      plan,
      configuration: await configurationOf(db, plan),
      inputs: [
        ...differences(run.variables, restored.attempt.variables),
        ...differences(images(run.images), images(restored.attempt.images)),
      ],
      variables: await revertedVariables(db, restored, stages),
      stages: revertedStages(restored.stages, stages),
      planToken: allowed ? restoreToken(run, plan) : null,
    };
  });
}

const shown = (refusals: readonly Refusal[]) => refusals.map(({ code, message }) => ({ code, message }));

/** Includes deployments at that time in every environment of the run, also where nothing has to be put back. */
async function configurationOf(
  db: Parameters<typeof findVariables>[0],
  { restored, point }: RestorePlan,
): Promise<string> {
  const { stages, attempt } = restored;
  const places = placesOf(stages.map(({ environmentId }) => ({ environmentId, images: attempt.images })));
  const then = await findDeploymentsThen(db, point, places);
  return writeConfiguration(
    restored,
    places.flatMap((place) => then(place) ?? []),
  );
}

/** The differences between two maps, by name. */
function differences(now: Readonly<Record<string, string>>, restored: Readonly<Record<string, string>>): Reverted[] {
  const names = [...new Set([...Object.keys(now), ...Object.keys(restored)])].sort();
  return names
    .map((name) => ({ name, now: now[name] ?? null, restored: restored[name] ?? null }))
    .filter((one) => one.now !== one.restored);
}

/** Values of workflows, given or set by tasks, by element: current and restored ones. */
async function revertedVariables(
  db: Parameters<typeof findVariables>[0],
  restored: RestoredRun,
  stages: readonly StageExecution[],
): Promise<RestorePreview['variables']> {
  const set = await findVariables(
    db,
    stages.flatMap((stage) => stage.workflowExecutionId ?? []),
  );
  const valuesOf = (rows: RestoredRun['variables'], id: string | null | undefined) =>
    Object.fromEntries(rows.filter((row) => row.executionId === id).map(({ name, value }) => [name, value]));
  return restored.stages.flatMap((was) => {
    const now = stages.find((stage) => stage.elementId === was.elementId);
    const { elementId, stageName, stepName } = was;
    return differences(
      { ...now?.variables, ...valuesOf(set, now?.workflowExecutionId) },
      { ...was.variables, ...valuesOf(restored.variables, was.workflowExecutionId) },
    ).map((one) => ({ ...one, elementId, stageName, stepName }));
  });
}

/** Elements that currently show a result of a later attempt. */
function revertedStages(restored: readonly StageExecution[], stages: readonly StageExecution[]): RevertedStage[] {
  const was = new Map(restored.map((stage) => [stage.elementId, stage]));
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
