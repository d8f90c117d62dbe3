import type { Actor } from '../../access/actor';
import { environments } from '../../catalog/environments/environments';
import { readPart } from '../../catalog/parts.queries';
import type { Execution } from '../../engine/execution';
import { invalidInput } from '../../kernel/errors';
import type { App } from '../app';
import { planRollback, type RollbackPlan, type RollbackQuestion, type RollbackTarget } from '../rollbacks/planRollback';
import {
  previewRefusals,
  requireRollback,
  rollbackErrors,
  type RollbackInput,
  startRollbackRun,
} from './startRollbackRun';

export interface RollbackEnvironment extends RollbackInput {
  readonly environmentId: string;
  /** Names or ids; null: all services. */
  readonly services?: readonly string[] | null;
  /** Defaults to the previous image of each service. */
  readonly to?: RollbackTarget | null;
  readonly overrule?: boolean | null;
}

/** Everything that a rollback would do, with its refusals. Writes nothing. */
export async function previewRollback(app: App, actor: Actor, input: RollbackEnvironment): Promise<RollbackPlan> {
  const question = await readQuestion(app, actor, input);
  return app.database.snapshot(async (db) => {
    const plan = await planRollback(app, db, question);
    return { ...plan, refusals: await previewRefusals(app, actor, input, [question.environment], plan) };
  });
}

/**
 * Brings services of an environment back to earlier images: repeats the workflow executions that deployed them, as a new
 * run. The plan is made again under the environment's lock, so that nothing moves between a check and the start.
 */
export async function rollbackEnvironment(app: App, actor: Actor, input: RollbackEnvironment): Promise<Execution> {
  const question = await readQuestion(app, actor, input);
  requireRollback(actor, question.environment, input);
  return startRollback(app, actor, question, input);
}

/** The same for a stage with `on_failure: rollback`, which the server carries out. */
export function startRollback(
  app: App,
  actor: Actor,
  question: RollbackQuestion,
  input: RollbackInput,
): Promise<Execution> {
  const { environment } = question;
  return startRollbackRun<RollbackPlan>(app, actor, input, {
    verb: 'rollback',
    applicationId: environment.applicationId,
    title: `Rollback of ${environment.name}`,
    environments: [environment],
    plan: (db) => planRollback(app, db, question),
    // An environment takes one deployment at a time.
    stagesOf: ({ steps }) => steps.map((step) => [step]),
    failedRunId: 'failedRunId' in question.to ? question.to.failedRunId : null,
    time: null,
  });
}

async function readQuestion(app: App, actor: Actor, input: RollbackEnvironment): Promise<RollbackQuestion> {
  const { services, to, overrule } = input;
  const errors = rollbackErrors(input);
  if (to?.deploymentId != null && to.time != null) {
    const message = 'to: give a deploymentId or a time, not both.';
    errors.push({ field: 'to', value: null, rule: 'ONE_OF', message });
  }
  if (services?.length === 0) {
    const message = 'services: an empty list would roll back nothing. Leave it out for all services.';
    errors.push({ field: 'services', value: [], rule: 'NOT_EMPTY', message });
  }
  if (errors.length > 0) throw invalidInput(errors);
  const environment = await readPart(app, actor, environments, input.environmentId);
  return { environment, services: services ?? null, to: to ?? {}, overrule: overrule ?? false };
}
