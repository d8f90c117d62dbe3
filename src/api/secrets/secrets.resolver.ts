import { Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { deleteSecret, setSecret } from '../../catalog/secrets/changeSecrets';
import { resealSecrets } from '../../catalog/secrets/keyRotation';
import {
  newSecret,
  resealedFields,
  type SecretEntry,
  type SecretToChange,
  secretFields,
  secretToChange,
} from '../../catalog/secrets/secrets';
import { secretsOfApplication, secretsOfEnvironment, workflowsOfSecret } from '../../catalog/secrets/secrets.loaders';
import type { Actor } from '../../access/actor';
import { secretType } from '../../catalog/secrets/credentials';
import { readSecret } from '../../catalog/secrets/readSecrets.queries';
import { invalidInput } from '../../kernel/errors';
import { field, listOf, optional } from '../../kernel/fields';
import type { App } from '../../runs/app';
import { workflows } from '../../catalog/workflows/workflows';
import { visible } from '../../access/visible';
import { Workflow } from '../workflows/workflows.types';
import { resealSubscriptions } from '../../runs/eventSubscriptions/resealSubscriptions';
import { Application } from '../applications/application.types';
import { Environment } from '../environments/environments.types';
import type { Context } from '../graphql/context';
import { Input, mutationInput, mutationPayload, objectType } from '../graphql/described.types';
import { echo } from '../graphql/mutations.types';

const Secret = objectType(
  'Secret',
  'Secret of an application or an environment, without its value. Nobody can read the value. Only an agent that runs a job of a task that names the secret under `secrets` receives it.',
  secretFields,
);

const SetSecretInput = mutationInput('SetSecretInput', 'New secret, or new value of one.', newSecret);
const DeleteSecretInput = mutationInput(
  'DeleteSecretInput',
  'Secret to delete, by its ID, or by its application or environment and its name.',
  {
    secretId: optional(field.key('ID of the secret. Can be combined only with `secretType`.')),
    secretType: optional(field.oneOf(secretType, 'Kind of the secret. A secret of another kind is not found.')),
    applicationId: optional(secretToChange.applicationId),
    environmentId: secretToChange.environmentId,
    name: optional(secretToChange.name),
  },
);
const ResealSecretsInput = mutationInput('ResealSecretsInput', 'Input of `resealSecrets`.', {});
const SetSecretPayload = mutationPayload('SetSecretPayload', 'Result of `setSecret`.', {
  secret: field.object(() => Secret, 'Secret after the change, without its value.'),
  warnings: listOf(field.text('Warnings about the value, for example that it is too short to be masked in logs.')),
});
const DeleteSecretPayload = mutationPayload('DeleteSecretPayload', 'Result of `deleteSecret`.', {});
const ResealSecretsPayload = mutationPayload('ResealSecretsPayload', 'Result of `resealSecrets`.', resealedFields);

/** Application or environment, and name, of the secret that an input selects. */
async function secretToDelete(
  app: App,
  actor: Actor,
  { secretId, secretType: type, applicationId, environmentId, name }: InstanceType<typeof DeleteSecretInput>,
): Promise<SecretToChange> {
  if (secretId != null) return readSecret(app, actor, secretId, type ?? null);
  if (applicationId == null || name == null) {
    const message = 'Give "secretId", or "applicationId" and "name".';
    throw invalidInput([{ field: 'secretId', value: null, rule: 'REQUIRED', message }]);
  }
  return { applicationId, name, ...(environmentId !== undefined && { environmentId }) };
}

@Resolver(() => Application)
export class ApplicationSecretsResolver {
  @FieldResolver(() => [Secret], {
    description: 'Secrets of the application itself, sorted by name, without values.',
  })
  async secrets(@Root() { id }: { readonly id: string }, @Ctx() { loaders }: Context): Promise<SecretEntry[]> {
    return (await loaders.load(secretsOfApplication, id)) ?? [];
  }
}

@Resolver(() => Environment)
export class EnvironmentSecretsResolver {
  @FieldResolver(() => [Secret], {
    description:
      'Secrets of the environment itself, sorted by name, without values. Its jobs get the application’s too.',
  })
  async secrets(@Root() { id }: { readonly id: string }, @Ctx() { loaders }: Context): Promise<SecretEntry[]> {
    return (await loaders.load(secretsOfEnvironment, id)) ?? [];
  }
}

@Resolver(() => Secret)
export class SecretsResolver {
  @FieldResolver(() => [Workflow], {
    description:
      'Workflows of the application whose current definition names the secret, sorted by name. Only those that the caller may see.',
  })
  async workflows(@Root() { id }: { readonly id: string }, @Ctx() { loaders, actor }: Context) {
    const ids = (await loaders.load(workflowsOfSecret, id)) ?? [];
    const seen = ids.map(async (one) =>
      visible(actor.access, loaders, 'Workflow', await loaders.load(workflows.byId, one)),
    );
    return (await Promise.all(seen)).filter((row) => row !== null);
  }

  @Mutation(() => SetSecretPayload, {
    description:
      'Creates a secret of an application or environment, or replaces its value or the conditions on its agents. Jobs claimed from then on get it if their task names it. With `agents`, only agents that meet the conditions get these jobs. Errors: NOT_FOUND, FORBIDDEN (UPDATE on the application or environment), INVALID_INPUT, ' +
      'SECRETS_NOT_CONFIGURED.',
  })
  async setSecret(@Input(SetSecretInput) input: InstanceType<typeof SetSecretInput>, @Ctx() { app, actor }: Context) {
    return { ...echo(input), ...(await setSecret(app, actor, input)) };
  }

  @Mutation(() => DeleteSecretPayload, {
    description:
      'Deletes a secret with its value. From then on, tasks that name it fail with SECRET_MISSING. ' +
      'Errors: NOT_FOUND, FORBIDDEN (UPDATE on the application or environment), INVALID_INPUT.',
  })
  async deleteSecret(
    @Input(DeleteSecretInput) input: InstanceType<typeof DeleteSecretInput>,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteSecret(app, actor, await secretToDelete(app, actor, input));
    return echo(input);
  }

  @Mutation(() => ResealSecretsPayload, {
    description:
      'Encrypts all secrets with the first of the configured keys. First, put the new key before the others on all servers. Administrators only. ' +
      'Errors: FORBIDDEN, SECRETS_NOT_CONFIGURED.',
  })
  async resealSecrets(
    @Input(ResealSecretsInput, { nullable: true }) input: InstanceType<typeof ResealSecretsInput> | null,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input ?? {}), ...(await resealSecrets(app, actor, [resealSubscriptions])) };
  }
}
