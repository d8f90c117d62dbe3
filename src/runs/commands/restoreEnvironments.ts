import type { Actor } from '../../access/actor';
import { readApplication } from '../../catalog/applications/applications.queries';
import { type Environment, environments } from '../../catalog/environments/environments';
import { readPart } from '../../catalog/parts.queries';
import type { Execution } from '../../engine/execution';
import { type InputError, invalidInput, Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { pastOrNow } from '../deployments/compareEnvironments';
import { type EnvironmentsPlan, type EnvironmentsQuestion, planEnvironments } from '../rollbacks/planEnvironments';
import { findIdempotencyKey } from './idempotencyKeys.store';
import {
  previewRefusals,
  refusedRight,
  requireRollback,
  rollbackErrors,
  type RollbackInput,
  startRollbackRun,
} from './startRollbackRun';

export interface RestoreEnvironments extends RollbackInput {
  readonly applicationIds: readonly string[];
  readonly time: Date;
  /** Null: all environments of the applications that the caller may roll back. */
  readonly environmentIds?: readonly string[] | null;
  readonly leaveOut?: boolean | null;
  readonly overrule?: boolean | null;
}

/** Everything that `restoreEnvironments` would do, with its refusals. Writes nothing. */
export async function previewEnvironments(
  app: App,
  actor: Actor,
  input: RestoreEnvironments,
): Promise<EnvironmentsPlan> {
  const question = await readQuestion(app, actor, input);
  return app.database.snapshot(async (db) => {
    const plan = await planEnvironments(app, db, question);
    return { ...plan, refusals: await previewRefusals(app, actor, input, question.environments, plan) };
  });
}

/** Brings environments of an application back to the images that they had at a moment, in the order of dependencies. */
export async function restoreEnvironments(app: App, actor: Actor, input: RestoreEnvironments): Promise<Execution> {
  const question = await readQuestion(app, actor, input);
  for (const environment of question.environments) requireRollback(actor, environment, input);
  return startRollbackRun<EnvironmentsPlan>(app, actor, input, {
    verb: 'restoreEnvironments',
    applicationId: await applicationOf(app, input, question),
    environments: question.environments,
    title: `Restore of ${question.time.toISOString()}`,
    plan: (db) => planEnvironments(app, db, question),
    stagesOf: ({ stages }) => stages,
    failedRunId: null,
    time: question.time,
  });
}

/** Application of the run: of an earlier request with this key, or of the services that it brings back. */
async function applicationOf(
  app: App,
  { applicationIds, idempotencyKey }: RestoreEnvironments,
  question: EnvironmentsQuestion,
): Promise<string> {
  const [first = '', ...others] = applicationIds;
  if (others.length === 0) return first;
  for (const id of applicationIds)
    if ((await findIdempotencyKey(app.database, id, idempotencyKey)) !== undefined) return id;
  const { applications } = await planEnvironments(app, app.database, question);
  return applications[0]?.id ?? first;
}

async function readQuestion(app: App, actor: Actor, input: RestoreEnvironments): Promise<EnvironmentsQuestion> {
  const { time, leaveOut, overrule } = input;
  const applicationIds = [...new Set(input.applicationIds)];
  const environmentIds = input.environmentIds && [...new Set(input.environmentIds)];
  const errors = rollbackErrors(input);
  if (applicationIds.length === 0) errors.push(empty('applicationIds', 'Name an application.'));
  if (environmentIds?.length === 0) errors.push(empty('environmentIds', 'Leave it out for all environments.'));
  if (errors.length > 0) throw invalidInput(errors);
  for (const id of applicationIds) await readApplication(app, actor, id);
  const chosen =
    environmentIds == null
      ? await environmentsToRollBack(app, actor, applicationIds)
      : await readEnvironments(app, actor, applicationIds, environmentIds);
  const question = { environments: chosen, time: pastOrNow(app, time) };
  return { ...question, leaveOut: leaveOut ?? false, overrule: overrule ?? false };
}

const empty = (field: string, advice: string): InputError => ({
  ...{ field, value: [], rule: 'NOT_EMPTY' },
  message: `${field}: an empty list brings nothing back. ${advice}`,
});

async function environmentsToRollBack(app: App, actor: Actor, applicationIds: readonly string[]) {
  const all = await environments.ofApplications(app.database, applicationIds);
  const chosen = all.filter((one) => refusedRight(actor, one, {}) === null);
  if (chosen.length > 0) return chosen.sort((a, b) => (a.name < b.name ? -1 : 1));
  const message =
    'There is no environment that you may roll back. That requires READ and ROLLBACK_WORKFLOW of executions for the environment.';
  throw new Refusal('FORBIDDEN', message, { action: 'ROLLBACK_WORKFLOW', permissionType: 'DEPLOYMENT' });
}

async function readEnvironments(
  app: App,
  actor: Actor,
  applicationIds: readonly string[],
  ids: readonly string[],
): Promise<Environment[]> {
  const chosen = await Promise.all(ids.map((id) => readPart(app, actor, environments, id)));
  const other = chosen.find((one) => !applicationIds.includes(one.applicationId));
  if (other === undefined) return chosen;
  const message = `environmentIds: the environment "${other.name}" belongs to another application.`;
  throw invalidInput([{ field: 'environmentIds', value: other.id, rule: 'OTHER_APPLICATION', message }]);
}
