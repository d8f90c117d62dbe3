import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { type SecretType, secretType } from '../../catalog/secrets/credentials';
import { readSecret, readSecretByName } from '../../catalog/secrets/readSecrets.queries';
import { createSecret, type TypedSecretInput, updateSecret } from '../../catalog/secrets/typedSecrets';
import type { Context } from '../graphql/context';
import { enumOf, Input } from '../graphql/described.types';
import { GuardArgs } from '../graphql/guardInputs';
import { echo, type MutationInput } from '../graphql/mutations.types';
import {
  CreateSecretInput,
  CreateSecretPayload,
  SecretDetails,
  shownSecret,
  UpdateSecretInput,
  UpdateSecretPayload,
} from './typedSecrets.types';

const SecretTypeEnum = enumOf(secretType);
const KIND = 'Kind of the secret. A secret of another kind is not found. Defaults to any.';
const ERRORS =
  'NOT_FOUND, FORBIDDEN (UPDATE on the application or environment), INVALID_INPUT, NAME_TAKEN, SECRETS_NOT_CONFIGURED';

@Resolver()
export class TypedSecretsResolver {
  @Query(() => SecretDetails, {
    nullable: true,
    description:
      'Secret by its ID, without its value. Visible to callers who may see its application or environment. Errors: NOT_FOUND.',
  })
  async secret(
    @Arg('secretId', () => ID, { description: 'ID of the secret.' }) id: string,
    @Arg('secretType', () => SecretTypeEnum, { nullable: true, description: KIND }) type: SecretType | null,
    @Ctx() { app, actor }: Context,
  ) {
    return shownSecret(await readSecret(app, actor, id, type ?? null));
  }

  @GuardArgs({ name: 'LOOKUP' })
  @Query(() => SecretDetails, {
    nullable: true,
    description:
      'Secret by its name, without its value. Names are unique within an application or an environment only: if the name exists several times, `applicationId` or `environmentId` is required. Errors: NOT_FOUND, INVALID_INPUT (rule AMBIGUOUS).',
  })
  async secretByName(
    @Arg('name', () => String, { description: 'Name of the secret.' }) name: string,
    @Arg('secretType', () => SecretTypeEnum, { nullable: true, description: KIND }) type: SecretType | null,
    @Arg('applicationId', () => ID, { nullable: true, description: 'Only secrets of this application itself.' })
    applicationId: string | null,
    @Arg('environmentId', () => ID, { nullable: true, description: 'Only secrets of this environment.' })
    environmentId: string | null,
    @Ctx() { app, actor }: Context,
  ) {
    const place = { applicationId: applicationId ?? null, environmentId: environmentId ?? null };
    return shownSecret(await readSecretByName(app, actor, { name, secretType: type ?? null, ...place }));
  }

  @Mutation(() => CreateSecretPayload, {
    description:
      'Creates a secret of an application or environment. Its name must be free there; `setSecret` also replaces values. ' +
      'A credential is composed of other secrets, and contains copies of them: `createSecret(input: {secretType: SSH_CREDENTIAL, sshCredential: {name: "DEPLOY", sshAuthentication: {userName: "deploy", sshAuthenticationMethod: {inlineSSHKey: {sshKeySecretFileId: "…"}}}, usageScope: {appEnvScopes: [{application: {appId: "…"}}]}}}) { secret { id } }`. ' +
      `Errors: ${ERRORS}.`,
  })
  async createSecret(
    @Input(CreateSecretInput) input: TypedSecretInput & MutationInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), secret: shownSecret(await createSecret(app, actor, input)) };
  }

  @Mutation(() => UpdateSecretPayload, {
    description:
      'Changes the name, the value or parts of a secret, or its environment within the application. Tasks that name it keep the old name. Jobs claimed from then on get the new value. ' +
      `Errors: ${ERRORS}.`,
  })
  async updateSecret(
    @Input(UpdateSecretInput) input: TypedSecretInput & MutationInput & { readonly secretId: string },
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), secret: shownSecret(await updateSecret(app, actor, input)) };
  }
}
