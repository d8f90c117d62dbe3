import { Arg, Args, Ctx, Field, InputType, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import type { Context } from '../graphql/context';
import { ConnectionType, PageArguments } from '../graphql/paging.types';
import { listAgents } from '../../runs/agents/agents.queries';
import { Agent, AgentRegistrationToken } from './agents.types';
import { createAgentToken } from '../../runs/agents/agentTokens';

export const AgentConnection = ConnectionType(Agent);

@InputType({ description: 'Input of `createAgentToken`.' })
export class CreateAgentTokenInput {
  @Field(() => String, { description: 'Purpose of the token, 1 to 100 characters.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Client-defined text, returned in the payload.' })
  clientMutationId?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `createAgentToken`.' })
export class CreateAgentTokenPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => AgentRegistrationToken, { description: 'Token, without its value.' })
  agentToken!: AgentRegistrationToken;

  @Field(() => String, {
    description: 'Value for the agent’s `SLIPWAY_AGENT_TOKEN`. Returned only once.',
  })
  value!: string;
}

@Resolver(() => Agent)
export class AgentsResolver {
  @Query(() => AgentConnection, {
    nullable: true,
    description:
      'Agents, newest first. Requires the account permission MANAGE_DELEGATES. Errors: FORBIDDEN, INVALID_INPUT.',
  })
  agents(
    @Arg('includeLeft', () => Boolean, {
      nullable: true,
      description: 'True to include agents that have left. Defaults to false.',
    })
    includeLeft: boolean | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listAgents(app, actor, includeLeft ?? false, page);
  }

  @Mutation(() => CreateAgentTokenPayload, {
    description:
      'Creates a registration token for agents. The token grants nothing else. Requires the account permission MANAGE_DELEGATES. Errors: FORBIDDEN, INVALID_INPUT.',
  })
  async createAgentToken(
    @Arg('input', () => CreateAgentTokenInput, { description: 'Token to create.' }) input: CreateAgentTokenInput,
    @Ctx() { app, actor }: Context,
  ) {
    const { token, value } = await createAgentToken(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, agentToken: token, value };
  }
}
