import { Arg, Args, Ctx, Field, InputType, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import type { Context } from '../graphql/context';
import { ConnectionType, PageArguments } from '../graphql/paging.types';
import { listAgents } from '../../runs/agents/agents.queries';
import { Agent, AgentRegistrationToken } from './agents.types';
import { createAgentToken } from '../../runs/agents/agentTokens';

export const AgentConnection = ConnectionType(Agent);

@InputType({ description: 'A registration token to be made.' })
export class CreateAgentTokenInput {
  @Field(() => String, { description: 'What it is for: 1 to 100 characters.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Echoed in the payload.' })
  clientMutationId?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'A new registration token.' })
export class CreateAgentTokenPayload {
  @Field(() => String, { nullable: true, description: 'As it was given.' })
  clientMutationId!: string | null;

  @Field(() => AgentRegistrationToken, { description: 'The token, without its value.' })
  agentToken!: AgentRegistrationToken;

  @Field(() => String, {
    description: 'The value, for `SLIPWAY_AGENT_TOKEN` of an agent. It is told here and never again.',
  })
  value!: string;
}

@Resolver(() => Agent)
export class AgentsResolver {
  @Query(() => AgentConnection, {
    description:
      'Agents, the newest first. Needs the account permission MANAGE_DELEGATES. Errors: FORBIDDEN, INVALID_INPUT.',
  })
  agents(
    @Arg('includeLeft', () => Boolean, { nullable: true, description: 'Also those that have left; false by default.' })
    includeLeft: boolean | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listAgents(app, actor, includeLeft ?? false, page);
  }

  @Mutation(() => CreateAgentTokenPayload, {
    description:
      'Makes a registration token: what turns a machine into an agent. Opens nothing but that. Needs the account permission MANAGE_DELEGATES. Errors: FORBIDDEN, INVALID_INPUT.',
  })
  async createAgentToken(
    @Arg('input', () => CreateAgentTokenInput, { description: 'The token to make.' }) input: CreateAgentTokenInput,
    @Ctx() { app, actor }: Context,
  ) {
    const { token, value } = await createAgentToken(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, agentToken: token, value };
  }
}
