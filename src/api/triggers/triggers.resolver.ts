import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { applications } from '../../catalog/applications/applications';
import { describeCron } from '../../catalog/language/cron';
import { writeTrigger } from '../../catalog/language/writeDocument';
import { tagsOfObject } from '../../catalog/tags/tags.loaders';
import {
  createTrigger,
  deleteTrigger,
  rotateTriggerHook,
  setTriggerEnabled,
  updateTrigger,
} from '../../catalog/triggers/changeTriggers';
import type { Trigger, TriggerVersion } from '../../catalog/triggers/triggers';
import {
  listTriggers,
  readTriggerByName,
  requireTrigger,
  seenTriggerById,
  type TriggerFilter as Filter,
  versionsOfTrigger,
} from '../../catalog/triggers/triggers.queries';
import { found } from '../../kernel/loaders';
import { executionWith } from '../../runs/execution/executions.loaders';
import { wholeExecution } from '../../runs/execution/executions.store';
import { type FiringFilter as FiringFilterInput, listFirings } from '../../runs/triggers/firings.queries';
import type { Firing } from '../../runs/triggers/firings.table';
import { fireTrigger, testTrigger } from '../../runs/triggers/testTrigger';
import { EventActor } from '../access/actor.types';
import { Application } from '../applications/application.types';
import { DefinitionFormat } from '../definitions/definitions.types';
import { ExecutionInterface } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { Input } from '../graphql/described.types';
import { GuardArgs } from '../graphql/guardInputs';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import { readNames, triggerKeysOf } from './composeTrigger';
import {
  CreateTriggerInput,
  DeleteTriggerInput,
  DeleteTriggerPayload,
  FireTriggerInput,
  FireTriggerPayload,
  RotateTriggerWebhookInput,
  RotateTriggerWebhookPayload,
  SampleInput,
  SetTriggerEnabledInput,
  SetTriggerEnabledPayload,
  TriggerFilter,
  TriggerFiringFilter,
  TriggerPayload,
  UpdateTriggerInput,
  UpdateTriggerPayload,
} from './triggerChanges.inputs';
import {
  TriggerAction,
  TriggerCondition,
  type TriggerConditionType,
  TriggerConnection,
  TriggerFiring,
  TriggerFiringConnection,
  TriggerRetry,
  TriggerTest,
  TriggerType,
  TriggerVersionConnection,
  TriggerVersionType,
} from './triggers.types';

const RIGHT = 'FORBIDDEN (the permission to start the pipeline or workflow)';
const DEFINITION = 'INVALID_DEFINITION (`errors` lists every error with its rule)';

@Resolver(() => TriggerType)
export class TriggersResolver {
  @Query(() => TriggerType, { nullable: true, description: 'Trigger by its ID. Errors: NOT_FOUND.' })
  trigger(
    @Arg('triggerId', () => ID, { description: 'ID of the trigger.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<object> {
    return requireTrigger(app.database, actor, id);
  }

  @GuardArgs({ triggerName: 'LOOKUP' })
  @Query(() => TriggerType, { nullable: true, description: 'Trigger by its application and name. Errors: NOT_FOUND.' })
  triggerByName(
    @Arg('applicationId', () => ID, { description: 'ID of the application.' }) applicationId: string,
    @Arg('triggerName', () => String, { description: 'Name of the trigger.' }) name: string,
    @Ctx() { app, actor }: Context,
  ): Promise<object> {
    return readTriggerByName(app, actor, applicationId, name);
  }

  @Query(() => TriggerConnection, {
    description:
      'Triggers whose pipelines and workflows the caller may see, of all applications, sorted by name. Errors: INVALID_INPUT.',
  })
  triggers(
    @Arg('filters', () => [TriggerFilter], { nullable: true, description: 'Filters that must all match.' })
    filters: Filter[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listTriggers(app, actor, filters ?? [], page);
  }

  @Query(() => TriggerTest, {
    nullable: true,
    description:
      'Shows the effect that a sample event would have at a trigger: its condition, variables, images, and everything that would prevent the start. Writes nothing and starts nothing. ' +
      `Example: \`testTrigger(input: {triggerId: "…", event: "push", payload: "{…}"}) { starts reason variables { name value } }\`. Errors: NOT_FOUND, ${RIGHT}, INVALID_INPUT.`,
  })
  async testTrigger(
    @Input(SampleInput) input: InstanceType<typeof SampleInput>,
    @Ctx() { app, actor }: Context,
  ): Promise<object> {
    const { inputs, ...tested } = await testTrigger(app, actor, input.triggerId, input);
    return { ...tested, ...listed(inputs?.variables ?? {}, inputs?.images ?? {}), notes: inputs?.notes ?? null };
  }

  @Mutation(() => TriggerPayload, {
    description:
      'Creates a trigger. The caller is its author: its executions never have more permissions than the caller has when it fires. ' +
      'Example: `createTrigger(input: {applicationId: "…", name: "nightly", action: {entityId: "…", executionType: PIPELINE}, condition: {conditionType: ON_SCHEDULE, scheduleConditionInput: {cronExpression: "0 3 * * *", timeZone: "Europe/Berlin"}}}) { trigger { id } webhookSecret }`. ' +
      `Errors: NOT_FOUND, ${RIGHT}, INVALID_INPUT, ${DEFINITION}, NAME_TAKEN, SECRETS_NOT_CONFIGURED.`,
  })
  async createTrigger(
    @Input(CreateTriggerInput) input: InstanceType<typeof CreateTriggerInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { applicationId, name } = input;
    const names = await readNames(app, actor, applicationId, input);
    return {
      ...echo(input),
      ...(await createTrigger(app, actor, applicationId, name, triggerKeysOf(input, names, null))),
    };
  }

  @Mutation(() => UpdateTriggerPayload, {
    description: `Replaces the definition of a trigger: send it completely. The caller becomes its author. Errors: NOT_FOUND, ${RIGHT}, INVALID_INPUT, ${DEFINITION}, NAME_TAKEN.`,
  })
  async updateTrigger(
    @Input(UpdateTriggerInput) input: InstanceType<typeof UpdateTriggerInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const names = await readNames(app, actor, input.applicationId, input);
    const changed = await updateTrigger(app, actor, input.triggerId, input.name, ({ definition }) =>
      triggerKeysOf(input, names, definition),
    );
    return { ...echo(input), trigger: changed };
  }

  @Mutation(() => DeleteTriggerPayload, {
    description: `Deletes a trigger. Executions that it started continue. Errors: NOT_FOUND, ${RIGHT}.`,
  })
  async deleteTrigger(
    @Input(DeleteTriggerInput) input: InstanceType<typeof DeleteTriggerInput>,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteTrigger(app, actor, input.triggerId, input.applicationId);
    return echo(input);
  }

  @Mutation(() => SetTriggerEnabledPayload, {
    description: `Turns a trigger on or off. Its author stays the same. Firings that wait for another try end as SKIPPED. Errors: NOT_FOUND, ${RIGHT}.`,
  })
  async setTriggerEnabled(
    @Input(SetTriggerEnabledInput) input: InstanceType<typeof SetTriggerEnabledInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), trigger: await setTriggerEnabled(app, actor, input.triggerId, input.enabled) };
  }

  @Mutation(() => RotateTriggerWebhookPayload, {
    description: `Replaces the address of a trigger’s webhook, or its generated secret, or both. Errors: NOT_FOUND, ${RIGHT}, INVALID_INPUT, SECRETS_NOT_CONFIGURED.`,
  })
  async rotateTriggerWebhook(
    @Input(RotateTriggerWebhookInput) input: InstanceType<typeof RotateTriggerWebhookInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), ...(await rotateTriggerHook(app, actor, input.triggerId, input)) };
  }

  @Mutation(() => FireTriggerPayload, {
    description: `Fires a trigger manually with a sample event, with the permissions of the caller instead of the author. Errors: NOT_FOUND, ${RIGHT}, INVALID_INPUT, CONFLICT (it is turned off).`,
  })
  async fireTrigger(
    @Input(FireTriggerInput) input: InstanceType<typeof FireTriggerInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const firing = await fireTrigger(app, actor, input.triggerId, input);
    return { ...echo(input), firing: shownFiring(firing) };
  }

  @FieldResolver(() => TriggerAction, { description: 'Pipeline or workflow that it starts, and its inputs.' })
  action(@Root() { entityId, definition }: Trigger): object {
    const { pipeline, workflow } = definition.start;
    const inputs = listed(definition.variables, definition.images);
    return pipeline === null
      ? { __typename: 'WorkflowAction', workflowId: entityId, workflowName: workflow, ...inputs }
      : {
          ...{ __typename: 'PipelineAction', pipelineId: entityId, pipelineName: pipeline },
          ...{ continueWithDefaultValues: false, ...inputs },
        };
  }

  @FieldResolver(() => TriggerCondition, { description: 'Event that fires it.' })
  condition(@Root() row: Trigger): object {
    const { definition, sourceId, nextAt } = row;
    const { webhook, schedule, execution, image } = definition.on;
    const type = (triggerConditionType: TriggerConditionType) => ({ triggerConditionType });
    if (schedule !== null) {
      const { cron: cronExpression, timeZone, missed } = schedule;
      const shown = { cronExpression, cronDescription: describeCron(schedule), timeZone, missed, nextAt };
      return { __typename: 'OnSchedule', ...type('SCHEDULED'), ...shown };
    }
    if (execution !== null) {
      const { pipeline, workflow, statuses } = execution;
      return pipeline === null
        ? {
            ...{ __typename: 'OnWorkflowCompletion', ...type('WORKFLOW_COMPLETION') },
            ...{ workflowId: sourceId, workflowName: workflow, statuses },
          }
        : {
            ...{ __typename: 'OnPipelineCompletion', ...type('PIPELINE_COMPLETION') },
            ...{ pipelineId: sourceId, pipelineName: pipeline, statuses },
          };
    }
    if (image !== null) {
      const { registry, repository, service, tags: tagRegex, secrets } = image;
      const shown = { registry, repository, service, tagRegex, secrets, row };
      return { __typename: 'OnNewArtifact', ...type('NEW_ARTIFACT'), ...shown };
    }
    const { provider = 'CUSTOM', branches: branchRegex = null, events = [], secrets = [] } = webhook ?? {};
    const shown = { webhookSource: provider, branchRegex, events, secrets, row };
    return { __typename: 'OnWebhook', ...type('WEBHOOK'), ...shown };
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Condition on the event. If it is false, nothing starts. Null if there is none.',
  })
  filter(@Root() { definition }: Trigger): string | null {
    return definition.condition;
  }

  @FieldResolver(() => [String], {
    nullable: true,
    description:
      'Names of the environments that its executions may deploy to. Null: all that its author may deploy to.',
  })
  environments(@Root() { definition }: Trigger): readonly string[] | null {
    return definition.environments;
  }

  @FieldResolver(() => TriggerRetry, { nullable: true, description: 'Retries of refused starts. Null if none.' })
  retry(@Root() { definition }: Trigger): object | null {
    return definition.retry;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Note of its executions. Null: one that names the trigger.',
  })
  notes(@Root() { definition }: Trigger): string | null {
    return definition.notes;
  }

  @FieldResolver(() => Application, {
    nullable: true,
    description: 'Application that it belongs to. Null if the caller may not see it.',
  })
  async application(@Root() { applicationId }: Trigger, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Application', await loaders.load(applications.byId, applicationId));
  }

  @FieldResolver(() => EventActor, {
    description: 'Author of the current version. Its executions never have more permissions than the author has.',
  })
  author(@Root() { author }: Trigger): object {
    return author;
  }

  @FieldResolver(() => String, { description: 'Current definition as a document that can be applied again.' })
  async definition(
    @Arg('format', () => DefinitionFormat, { defaultValue: 'YAML', description: 'Format of the document.' })
    format: 'YAML' | 'JSON' | 'TOML',
    @Root() { id, applicationId, name, definition }: Trigger,
    @Ctx() { loaders }: Context,
  ): Promise<string> {
    const application = found(await loaders.load(applications.byId, applicationId));
    const tags = (await loaders.load(tagsOfObject, id)) ?? [];
    const own = Object.fromEntries(tags.map((tag) => [tag.name, tag.value]));
    return writeTrigger({ application: application.name, name, tags: own }, definition, format);
  }

  @FieldResolver(() => TriggerVersionConnection, {
    description: 'Versions of the trigger, newest first. Errors: INVALID_INPUT.',
  })
  versions(@Root() { id }: Trigger, @Args(() => PageArguments) page: PageArguments, @Ctx() { loaders }: Context) {
    return versionsOfTrigger(loaders, id, page);
  }

  @FieldResolver(() => TriggerFiringConnection, {
    description:
      'Its firings, newest first. They are kept for `SLIPWAY_FIRING_RETENTION_DAYS` after their end. Errors: INVALID_INPUT.',
  })
  async firings(
    @Root() { id }: Trigger,
    @Arg('filters', () => [TriggerFiringFilter], { nullable: true, description: 'Filters that must all match.' })
    filters: FiringFilterInput[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { loaders }: Context,
  ) {
    const { nodes, edges, pageInfo } = await listFirings(loaders, id, filters ?? [], page);
    return {
      nodes: nodes.map(shownFiring),
      edges: edges.map(({ node, cursor }) => ({ node: shownFiring(node), cursor })),
      pageInfo,
    };
  }
}

@Resolver(() => TriggerVersionType)
export class TriggerVersionResolver {
  @FieldResolver(() => String, { description: 'Trigger at that time, as a document.' })
  async definition(
    @Arg('format', () => DefinitionFormat, { defaultValue: 'YAML', description: 'Format of the document.' })
    format: 'YAML' | 'JSON' | 'TOML',
    @Root() { triggerId: id, definition }: TriggerVersion,
    @Ctx() { actor, loaders }: Context,
  ): Promise<string> {
    const { applicationId, name } = found(await loaders.load(seenTriggerById(actor.access), id));
    const application = found(await loaders.load(applications.byId, applicationId));
    return writeTrigger({ application: application.name, name }, definition, format);
  }
}

@Resolver(() => TriggerFiring)
export class TriggerFiringResolver {
  @FieldResolver(() => ExecutionInterface, {
    nullable: true,
    description: 'Execution that it started. Null if there is none, or if the caller may not see it.',
  })
  async execution(@Root() { executionId }: Firing, @Ctx() { loaders, actor }: Context) {
    if (executionId === null) return null;
    return visible(actor.access, loaders, 'Execution', await loaders.load(executionWith(wholeExecution), executionId));
  }
}

const shownFiring = (firing: Firing): Firing & { readonly nextTryAt: Date | null } => ({
  ...firing,
  nextTryAt: firing.nextAt,
});

const listed = (variables: Readonly<Record<string, string>>, images: Readonly<Record<string, string>>) => ({
  variables: Object.entries(variables).map(([name, value]) => ({ name, value })),
  images: Object.entries(images).map(([service, image]) => ({ service, image })),
});
