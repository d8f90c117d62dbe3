import { type Actor, actorRef } from '../../access/actor';
import type { App } from '../app';
import { invalidInput, Refusal } from '../../kernel/errors';
import { advancePipeline, settleStage } from '../../engine/advancePipeline';
import { moveStage } from '../../engine/moves';
import { asksForInputs } from '../../engine/runtimeInputs';
import type { Execution, StageExecution } from '../../engine/execution';
import { onRun, type RunCommand, type RunCommandInput } from './onRun';
import { findExecution } from '../execution/executions.store';
import { requireStages } from '../execution/requireStages';
import { readInputs, resolveVariables, type VariableInput } from '../../engine/resolveVariables';
import { moveRun } from '../faults';
import type { RunTransaction } from '../execution/runTransaction';
import { askedVariables, runtimeInputsOf } from '../execution/runtimeInputs';
import { findCurrentStages, findDueStages, findStages } from '../execution/stages.store';

export interface PipelineResumeRuntime extends RunCommandInput {
  readonly applicationId: string;
  readonly pipelineExecutionId: string;
  readonly pipelineStageElementId: string;
  readonly variableInputs?: readonly VariableInput[] | null;
}

const BATCH = 50;

/**
 * Answers the runtime inputs of an element; its workflow starts with the values. Repeating the same answers as the same
 * actor changes nothing.
 */
export async function pipelineResumeRuntime(app: App, actor: Actor, input: PipelineResumeRuntime): Promise<void> {
  const command: RunCommand = {
    ...{ verb: 'answer', input, id: input.pipelineExecutionId },
    mismatch: ({ kind }) => (kind === 'PIPELINE' ? null : 'is not of a pipeline'),
    right: async (_access, _subject, execution) =>
      requireStages(app.database, actor, execution, [
        await elementOf(app.database, execution, input.pipelineStageElementId),
      ]),
  };
  await onRun(app, actor, command, async (db, execution) => {
    const stage = await elementOf(db, execution, input.pipelineStageElementId);
    const { given, errors } = readInputs(input.variableInputs ?? []);
    const { stageName, stepName } = stage;
    const audit = { before: undefined, after: { stageName, stepName, ...Object.fromEntries(given) } };
    if (!asksForInputs(stage)) {
      if (isRepeat(actor, stage, given)) return { audit };
      throw refuseAnswer(stage);
    }
    const asked = await askedVariables(app, execution, stage);
    const resolved = resolveVariables(asked, given, (name) => `variableInputs.${name}`);
    if (errors.length + resolved.errors.length > 0) throw invalidInput([...errors, ...resolved.errors]);
    await beginAnswered(db, execution, stage, Object.fromEntries(given));
    return { audit };
  });
}

/** Ends elements whose runtime inputs were not answered in time, as their definition specifies. */
export async function endDueRuntimeInputs(app: App): Promise<void> {
  const due = (await findDueStages(app.database, app.clock.now(), BATCH)).filter(asksForInputs);
  for (const { id, executionId } of due) {
    await moveRun(app, 'runtime inputs', executionId, async (db) => {
      const [stage] = await findStages(db, [id]);
      const execution = await findExecution(db, executionId);
      if (execution === undefined || stage === undefined) return;
      if (!asksForInputs(stage) || stage.waitsUntil === null || stage.waitsUntil >= db.now) return;
      const asked = await runtimeInputsOf(app, execution, stage);
      if (asked?.onTimeout === 'continue') await beginAnswered(db, execution, stage, {});
      else {
        const text = `nobody answered before ${stage.waitsUntil.toISOString()}`;
        await db.decide((run) => settleStage(run, executionId, id, 'EXPIRED', { code: 'EXPIRED', text }));
      }
    });
  }
}

/**
 * Pins the answers and begins the element. If the execution is paused, the element begins when the execution continues.
 */
async function beginAnswered(
  db: RunTransaction,
  execution: Execution,
  stage: StageExecution,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const asked = (await runtimeInputsOf(db.app, execution, stage))?.variables ?? [];
  await db.decide((run) => {
    const answers = { by: actorRef(db.actor), at: run.now.toISOString(), asked, values };
    run.event({ runId: execution.runId, executionId: execution.id }, 'RUNTIME_INPUTS_GIVEN', {
      stageExecutionId: stage.id,
      elementId: stage.elementId,
      variables: Object.keys(values).sort(),
    });
    moveStage(run, run.element(execution.id, stage.id), 'QUEUED', { answers });
    advancePipeline(run, execution.id);
  });
}

async function elementOf(db: RunTransaction | App['database'], execution: Execution, elementId: string) {
  const stages = await findCurrentStages(db, [execution.id]);
  const stage = stages.find((one) => one.elementId === elementId);
  if (stage !== undefined) return stage;
  throw new Refusal('STAGE_NOT_FOUND', `Stage element "${elementId}" does not exist.`, {
    stages: [...new Set(stages.map((one) => one.stageName))],
  });
}

function isRepeat(actor: Actor, { answers }: StageExecution, given: ReadonlyMap<string, string>): boolean {
  if (answers === null || answers.by.id !== actor.id) return false;
  const names = Object.keys(answers.values);
  return names.length === given.size && names.every((name) => answers.values[name] === given.get(name));
}

function refuseAnswer({ status, answers }: StageExecution): Refusal {
  if (answers === null) {
    return new Refusal('NOT_WAITING', `The element is ${status} and is not waiting for runtime inputs.`, { status });
  }
  const message = `${answers.by.name} acted first: the element was answered at ${answers.at}.`;
  return new Refusal('CONFLICT', message, { status });
}
