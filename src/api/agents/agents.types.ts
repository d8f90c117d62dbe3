import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';

export enum AgentStatusEnum {
  ONLINE = 'ONLINE',
  OFFLINE = 'OFFLINE',
  LEFT = 'LEFT',
}
registerEnumType(AgentStatusEnum, {
  name: 'AgentStatus',
  description: 'Availability of an agent.',
  valuesConfig: {
    ONLINE: { description: 'Heard from within the last 90 seconds.' },
    OFFLINE: { description: 'Not heard from for 90 seconds. Its jobs are lost when their leases expire.' },
    LEFT: { description: 'Shut down cleanly.' },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'Process on any machine that claims and runs jobs whose required labels it has.',
})
export class Agent {
  @Field(() => ID, { description: 'Unique ID, assigned at registration. An agent that restarts gets a new one.' })
  id!: string;

  @Field(() => String, { description: 'Name that the agent gives itself. Need not be unique.' })
  name!: string;

  @Field(() => [String], { description: 'Labels as `key=value`, sorted.' })
  labels!: string[];

  @Field(() => Int, { description: 'Maximum number of jobs that the agent runs in parallel.' })
  slots!: number;

  @Field(() => String, { nullable: true, description: 'Version of the agent program.' })
  version!: string | null;

  @Field(() => Date, { description: 'Time of the registration.' })
  registeredAt!: Date;

  @Field(() => Date, { description: 'Time at which the server last heard from the agent, accurate to a few seconds.' })
  lastSeenAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: 'Registration token, without its value.' })
export class AgentRegistrationToken {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;

  @Field(() => String, { description: 'Name of the token.' })
  name!: string;

  @Field(() => Date, { description: 'Time of creation.' })
  createdAt!: Date;
}
