import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { Context } from '../graphql/context';
import { echo } from '../graphql/mutations.types';
import { listApiKeys } from '../../access/access.queries';
import {
  ApiKeyDetails,
  ApiKeyPayload,
  CreateApiKeyInput,
  CreateApiKeyPayload,
  RevokeApiKeyInput,
  UpdateApiKeyInput,
} from './access.types';
import { createApiKey } from '../../access/createApiKey';
import { revokeApiKey } from '../../access/revokeApiKey';
import { updateApiKey } from '../../access/updateApiKey';

@Resolver(() => ApiKeyDetails)
export class ApiKeysResolver {
  @Query(() => [ApiKeyDetails], {
    description: 'Keys that count, the newest first, at most 500: all with MANAGE_API_KEYS, else the caller’s own.',
  })
  apiKeys(@Ctx() { app, actor }: Context) {
    return listApiKeys(app, actor);
  }

  @Mutation(() => CreateApiKeyPayload, {
    description:
      'Makes a key. Its value is answered once; only a hash of it is kept. A key acts with its groups, and may be narrowed to applications. Needs MANAGE_API_KEYS, and to be in those groups. Errors: FORBIDDEN, INVALID_INPUT.',
  })
  async createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'What to do.' }) input: CreateApiKeyInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), ...(await createApiKey(app, actor, input)) };
  }

  @Mutation(() => ApiKeyPayload, {
    description:
      'Changes a key. Needs MANAGE_API_KEYS. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, IN_USE (the last administrator).',
  })
  async updateApiKey(
    @Arg('input', () => UpdateApiKeyInput, { description: 'What to do.' }) input: UpdateApiKeyInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), apiKey: await updateApiKey(app, actor, input) };
  }

  @Mutation(() => ApiKeyPayload, {
    description:
      'Revokes a key: from the next request on, and in open WebSockets. Needs MANAGE_API_KEYS, or to be its owner. Errors: FORBIDDEN, NOT_FOUND, IN_USE (the last administrator).',
  })
  async revokeApiKey(
    @Arg('input', () => RevokeApiKeyInput, { description: 'What to do.' }) input: RevokeApiKeyInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), apiKey: await revokeApiKey(app, actor, input) };
  }
}
