import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';

export enum AgentStatusEnum {
  ONLINE = 'ONLINE',
  OFFLINE = 'OFFLINE',
  LEFT = 'LEFT',
}
registerEnumType(AgentStatusEnum, {
  name: 'AgentStatus',
  description: 'Whether an agent can be expected to take jobs.',
  valuesConfig: {
    ONLINE: { description: 'It was heard of within the last 90 seconds.' },
    OFFLINE: { description: 'It was not heard of for 90 seconds. Its jobs are lost when their leases run out.' },
    LEFT: { description: 'It said goodbye.' },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'A process, on any machine, that claims jobs whose required labels it has.',
})
export class Agent {
  @Field(() => ID, { description: 'Given at its registration; an agent that restarts gets another.' })
  id!: string;

  @Field(() => String, { description: 'As the agent calls itself; need not be unique.' })
  name!: string;

  @Field(() => [String], { description: 'Its labels as `key=value`, sorted.' })
  labels!: string[];

  @Field(() => Int, { description: 'How many jobs it runs side by side.' })
  slots!: number;

  @Field(() => String, { nullable: true, description: 'The version of the agent program.' })
  version!: string | null;

  @Field(() => Date, { description: 'When it registered.' })
  registeredAt!: Date;

  @Field(() => Date, { description: 'When it was last heard of, to some seconds.' })
  lastSeenAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: 'A registration token, without its value.' })
export class AgentRegistrationToken {
  @Field(() => ID, { description: 'Given by the server.' })
  id!: string;

  @Field(() => String, { description: 'What it is for.' })
  name!: string;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;
}
