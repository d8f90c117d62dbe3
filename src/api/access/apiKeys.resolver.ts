import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { listApiKeys } from '../../access/access.queries';
import { apiKeyChanges, newApiKey } from '../../access/apiKeys';
import { createApiKey, revokeApiKey, updateApiKey } from '../../access/changeApiKeys';
import { field } from '../../kernel/fields';
import type { Context } from '../graphql/context';
import { Input, mutationInput, mutationPayload } from '../graphql/described.types';
import { echo } from '../graphql/mutations.types';
import { ApiKeyDetails, ApiKeyPayload } from './access.types';
import { withWarning } from '../../runs/approvals/undecidable';

const CreateApiKeyInput = mutationInput('CreateApiKeyInput', 'New API key.', newApiKey);
const UpdateApiKeyInput = mutationInput(
  'UpdateApiKeyInput',
  'Changes of an API key. Omitted fields keep their values.',
  apiKeyChanges,
);
const RevokeApiKeyInput = mutationInput('RevokeApiKeyInput', 'API key to revoke.', {
  id: field.uuid('Key to revoke.'),
});
const CreateApiKeyPayload = mutationPayload('CreateApiKeyPayload', 'New API key.', {
  apiKey: field.object(() => ApiKeyDetails, 'The key, without its value.'),
  value: field.text('Value of the key. Returned only once.'),
});

@Resolver(() => ApiKeyDetails)
export class ApiKeysResolver {
  @Query(() => [ApiKeyDetails], {
    nullable: true,
    description:
      'API keys that are not revoked, newest first, at most 500. Without MANAGE_API_KEYS, only the caller’s own.',
  })
  apiKeys(
    @Arg('trustRuleId', () => ID, {
      nullable: true,
      description: 'ID of a trust rule. Returns the keys that it issued to CI jobs, which are omitted otherwise.',
    })
    trustRuleId: string | null,
    @Ctx() { app, actor }: Context,
  ) {
    return listApiKeys(app, actor, trustRuleId ?? null);
  }

  @Mutation(() => CreateApiKeyPayload, {
    description:
      'Creates an API key. Its value is returned once; only a hash of it is stored. A key acts with its user groups, and may be ' +
      'restricted to applications. Requires MANAGE_API_KEYS, and membership of those groups. Errors: FORBIDDEN, INVALID_INPUT.',
  })
  async createApiKey(
    @Input(CreateApiKeyInput) input: InstanceType<typeof CreateApiKeyInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), ...(await createApiKey(app, actor, input)) };
  }

  @Mutation(() => ApiKeyPayload, {
    description:
      'Changes an API key. Requires MANAGE_API_KEYS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, IN_USE (the last administrator).',
  })
  async updateApiKey(
    @Input(UpdateApiKeyInput) input: InstanceType<typeof UpdateApiKeyInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { changed: apiKey, warningMessage } = await withWarning(app, () => updateApiKey(app, actor, input));
    return { ...echo(input), apiKey, warningMessage };
  }

  @Mutation(() => ApiKeyPayload, {
    description:
      'Revokes an API key, effective with its next request (on other servers within a second) and in open WebSockets. Revoking it again changes nothing. ' +
      'Requires MANAGE_API_KEYS, unless it is the caller’s own key. Errors: FORBIDDEN, NOT_FOUND, IN_USE (the last administrator).',
  })
  async revokeApiKey(
    @Input(RevokeApiKeyInput) input: InstanceType<typeof RevokeApiKeyInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { changed: apiKey, warningMessage } = await withWarning(app, () => revokeApiKey(app, actor, input));
    return { ...echo(input), apiKey, warningMessage };
  }
}
