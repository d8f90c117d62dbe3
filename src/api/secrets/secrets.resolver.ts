import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { Application as ApplicationRow } from '../../catalog/applications/applications';
import { Application } from '../applications/application.types';
import type { Environment as EnvironmentRow } from '../../catalog/environments/environments';
import { Environment } from '../environments/environments.types';
import type { Context } from '../graphql/context';
import { echo } from '../graphql/mutations.types';
import { deleteSecret } from '../../catalog/secrets/deleteSecret';
import { resealSecrets } from '../../catalog/secrets/keyRotation';
import type { SecretEntry } from '../../catalog/secrets/secret';
import { secretsOfApplication, secretsOfEnvironment } from '../../catalog/secrets/secrets.loaders';
import {
  DeleteSecretInput,
  DeleteSecretPayload,
  ResealSecretsInput,
  ResealSecretsPayload,
  Secret,
  SetSecretInput,
  SetSecretPayload,
} from './secrets.types';
import { setSecret } from '../../catalog/secrets/setSecret';

@Resolver(() => Application)
export class ApplicationSecretsResolver {
  @FieldResolver(() => [Secret], {
    description: 'Its own secrets in the order of their names, without values; those of environments are there.',
  })
  async secrets(@Root() { id }: ApplicationRow, @Ctx() { loaders }: Context): Promise<SecretEntry[]> {
    return (await loaders.load(secretsOfApplication, id)) ?? [];
  }
}

@Resolver(() => Environment)
export class EnvironmentSecretsResolver {
  @FieldResolver(() => [Secret], {
    description: 'Its own secrets in the order of their names, without values. Its jobs get the application’s, too.',
  })
  async secrets(@Root() { id }: EnvironmentRow, @Ctx() { loaders }: Context): Promise<SecretEntry[]> {
    return (await loaders.load(secretsOfEnvironment, id)) ?? [];
  }
}

@Resolver(() => Secret)
export class SecretsResolver {
  @Mutation(() => SetSecretPayload, {
    description:
      'Creates a secret of an application or environment, or replaces its value. Jobs that are claimed from then on get it, if their task names it. ' +
      'Errors: NOT_FOUND, FORBIDDEN (UPDATE on the application or environment), INVALID_INPUT, SECRETS_NOT_CONFIGURED.',
  })
  async setSecret(
    @Arg('input', () => SetSecretInput, { description: 'Which, and its value.' }) input: SetSecretInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), ...(await setSecret(app, actor, input)) };
  }

  @Mutation(() => DeleteSecretPayload, {
    description:
      'Deletes a secret with its value. Tasks that name it fail with SECRET_MISSING from then on. Errors: NOT_FOUND, FORBIDDEN (UPDATE on the application or environment).',
  })
  async deleteSecret(
    @Arg('input', () => DeleteSecretInput, { description: 'Which.' }) input: DeleteSecretInput,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteSecret(app, actor, input);
    return echo(input);
  }

  @Mutation(() => ResealSecretsPayload, {
    description:
      'Encrypts all secrets with the first of the configured keys, after a new one was put before the others on all servers. For administrators. Errors: FORBIDDEN, SECRETS_NOT_CONFIGURED.',
  })
  async resealSecrets(
    @Arg('input', () => ResealSecretsInput, { nullable: true, description: 'Nothing but the usual.' })
    input: ResealSecretsInput | null,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input ?? {}), ...(await resealSecrets(app, actor)) };
  }
}
