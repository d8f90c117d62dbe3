import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { applications } from '../../catalog/applications/applications';
import type { AgentToken } from '../../contract/labels';
import { listAgentTokens } from '../../runs/agents/agents.queries';
import { createAgentToken, revokeAgentToken } from '../../runs/agents/agentTokens';
import { Application } from '../applications/application.types';
import type { Context } from '../graphql/context';
import { Input } from '../graphql/described.types';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import {
  CreateAgentTokenInput,
  CreateAgentTokenPayload,
  RevokeAgentTokenInput,
  RevokeAgentTokenPayload,
} from './agents.inputs';
import { AgentRegistrationToken, AgentRegistrationTokenConnection } from './agents.types';

@Resolver(() => AgentRegistrationToken)
export class AgentTokensResolver {
  @Query(() => AgentRegistrationTokenConnection, {
    nullable: true,
    description:
      'Registration tokens, newest first. Requires the account permission MANAGE_DELEGATES. Errors: FORBIDDEN, INVALID_INPUT.',
  })
  agentTokens(
    @Arg('includeRevoked', () => Boolean, {
      nullable: true,
      description: 'True to include revoked tokens. Defaults to false.',
    })
    includeRevoked: boolean | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listAgentTokens(app, actor, includeRevoked ?? false, page);
  }

  @Mutation(() => CreateAgentTokenPayload, {
    description:
      'Creates a registration token for agents. The token grants nothing else. It may limit its agents to labels, so that a machine can’t claim the labels of others, and to applications. ' +
      'Requires the account permission MANAGE_DELEGATES. Example: `createAgentToken(input: {name: "production", labels: ["zone=prod"], expiresAt: "2026-01-01T00:00:00Z"}) { value }`. ' +
      'Errors: FORBIDDEN, INVALID_INPUT.',
  })
  async createAgentToken(
    @Input(CreateAgentTokenInput) input: InstanceType<typeof CreateAgentTokenInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { token, value } = await createAgentToken(app, actor, input);
    return { ...echo(input), agentToken: token, value };
  }

  @Mutation(() => RevokeAgentTokenPayload, {
    description:
      'Revokes a registration token: it registers no more agents. `agents` decides what happens to those that it has registered. Revoking it again can still remove its agents. ' +
      'Requires the account permission MANAGE_DELEGATES. Errors: FORBIDDEN, NOT_FOUND.',
  })
  async revokeAgentToken(
    @Input(RevokeAgentTokenInput) input: InstanceType<typeof RevokeAgentTokenInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), agentToken: await revokeAgentToken(app, actor, input) };
  }

  @FieldResolver(() => [Application], {
    nullable: true,
    description: 'Applications whose jobs its agents run, as far as the caller may see them. Null: all.',
  })
  async applications(@Root() { applicationIds }: AgentToken, @Ctx() { actor, loaders }: Context) {
    if (applicationIds === null) return null;
    const found = applicationIds.map(async (id) =>
      visible(actor.access, loaders, 'Application', await loaders.load(applications.byId, id)),
    );
    return (await Promise.all(found)).filter((one) => one !== null);
  }
}
