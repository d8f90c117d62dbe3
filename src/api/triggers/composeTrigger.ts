import type { Actor } from '../../access/actor';
import type { App } from '../../catalog/app';
import type { TriggerDefinition } from '../../catalog/language/triggerShape';
import { environments } from '../../catalog/environments/environments';
import { readPart } from '../../catalog/parts.queries';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { findEntriesOfApplications } from '../../catalog/secrets/secrets.store';
import { workflows } from '../../catalog/workflows/workflows';
import { invalidInput, notFound } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { ActionInput, ConditionInput, TriggerInput } from './triggers.inputs';

type Given = Omit<TriggerInput, 'applicationId' | 'name'>;

/** Names for the IDs of an input, which are read before the trigger is locked. */
export interface Named {
  readonly start: object;
  readonly on: object;
  readonly variables: Readonly<Record<string, string>>;
}

export async function readNames(app: App, actor: Actor, applicationId: string, given: Given): Promise<Named> {
  const { action } = given;
  if (action.continueWithDefaultValues === true) {
    throw invalid(
      'action.continueWithDefaultValues',
      'UNSUPPORTED',
      'set `on_timeout: continue` in the pipeline’s runtime inputs.',
    );
  }
  return {
    start: await targetOf(app, actor, applicationId, action.executionType, action.entityId),
    on: await conditionOf(app, actor, applicationId, given.condition),
    variables: await variablesOf(app, actor, action),
  };
}

/** Keys of the document that has the meaning of an input; what an input omits stays as it is. */
export function triggerKeysOf(given: Given, { start, on, variables }: Named, before: TriggerDefinition | null): object {
  const images = Object.fromEntries((given.action.serviceInputs ?? []).map(({ name, image }) => [name, image]));
  const kept = <Key extends keyof TriggerDefinition>(value: unknown, key: Key) =>
    value === undefined ? (before?.[key] ?? null) : value;
  const retry = kept(given.retry, 'retry') as Partial<NonNullable<TriggerDefinition['retry']>> | null;
  return {
    description: given.description ?? null,
    ...{ enabled: given.enabled ?? before?.enabled ?? true, on, start, variables, images },
    if: kept(given.filter, 'condition'),
    environments: kept(given.environments, 'environments'),
    retry: retry && { on: retry.on, for: retry.forSeconds, every: retry.everySeconds },
    notes: kept(given.notes, 'notes'),
  };
}

async function targetOf(app: App, actor: Actor, applicationId: string, type: 'PIPELINE' | 'WORKFLOW', id: string) {
  const row =
    type === 'PIPELINE' ? await readPart(app, actor, pipelines, id) : await readPart(app, actor, workflows, id);
  if (row.applicationId !== applicationId) throw notFound(type.toLowerCase(), id);
  return { [type.toLowerCase()]: row.name };
}

async function conditionOf(app: App, actor: Actor, applicationId: string, condition: ConditionInput): Promise<object> {
  const { conditionType, pipelineConditionInput: onPipeline, workflowConditionInput: onWorkflow } = condition;
  const { scheduleConditionInput: schedule, webhookConditionInput: webhook, artifactConditionInput: image } = condition;
  const missing = (field: string) => invalid(`condition.${field}`, 'REQUIRED', `is required for ${conditionType}.`);
  switch (conditionType) {
    case 'ON_PIPELINE_COMPLETION': {
      if (!onPipeline) throw missing('pipelineConditionInput');
      const source = await targetOf(app, actor, applicationId, 'PIPELINE', onPipeline.pipelineId);
      return { execution: { ...source, statuses: onPipeline.statuses } };
    }
    case 'ON_WORKFLOW_COMPLETION': {
      if (!onWorkflow) throw missing('workflowConditionInput');
      const source = await targetOf(app, actor, applicationId, 'WORKFLOW', onWorkflow.workflowId);
      return { execution: { ...source, statuses: onWorkflow.statuses } };
    }
    case 'ON_SCHEDULE': {
      if (!schedule) throw missing('scheduleConditionInput');
      const { cronExpression: cron, timeZone, missed } = schedule;
      return { schedule: { cron, timeZone, missed } };
    }
    case 'ON_WEBHOOK': {
      if (!webhook) throw missing('webhookConditionInput');
      const { webhookSourceType: provider, branchRegex: branches, events, webhookSecret } = webhook;
      return { webhook: { provider, branches, events, secrets: await secretsOf(app, applicationId, webhookSecret) } };
    }
    case 'ON_NEW_ARTIFACT': {
      if (!image) throw missing('artifactConditionInput');
      const { registry, repository, serviceName: service, tagRegex: tags, webhookSecret } = image;
      const secrets = await secretsOf(app, applicationId, webhookSecret);
      return { image: { registry, repository, service, tags, secrets } };
    }
  }
}

/** A secret by its ID, as older clients name it, or by its name. */
async function secretsOf(app: App, applicationId: string, given: string | null | undefined): Promise<string[] | null> {
  if (given == null) return null;
  if (!isId(given)) return [given];
  const known = await findEntriesOfApplications(app.database, [applicationId]);
  const secret = known.find(({ id }) => id === given);
  if (secret === undefined) throw notFound('secret', given);
  return [secret.name];
}

/** Values by name; a resource is named, because definitions refer by name. */
async function variablesOf(app: App, actor: Actor, { variables }: ActionInput): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const { name, variableValue } of variables ?? []) {
    const { type, value } = variableValue;
    const isEnvironment = type === 'ID' && name === 'environment';
    values[name] = isEnvironment ? (await readPart(app, actor, environments, value)).name : value;
  }
  return values;
}

const invalid = (field: string, rule: string, message: string) =>
  invalidInput([{ field, value: null, rule, message: `${field}: ${message}` }]);
