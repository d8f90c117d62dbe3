import { Field, ID, Int, ObjectType } from 'type-graphql';
import { field } from '../../kernel/fields';
import { objectType } from '../graphql/described.types';
import { NodeInterface } from '../graphql/node.types';
import { ConnectionType } from '../graphql/paging.types';

@ObjectType({
  implements: NodeInterface,
  simpleResolvers: true,
  description:
    'Process on any machine that claims and runs jobs whose required labels it has. docs/agents.md describes agents.',
})
export class Agent {
  @Field(() => ID, { description: 'Unique ID, assigned at registration. An agent that restarts gets a new one.' })
  id!: string;

  @Field(() => String, { description: 'Name that the agent gives itself. Need not be unique: see `namesakes`.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Host name of its machine. Null if the agent is too old to report it.',
  })
  host!: string | null;

  @Field(() => [String], {
    description:
      'Labels that count, as `key=value`, sorted: `ownLabels` with `labelEdits`, or those of its registration token.',
  })
  labels!: string[];

  @Field(() => [String], { description: 'Labels that the agent reported, as `key=value`, sorted.' })
  ownLabels!: string[];

  @Field(() => Int, { description: 'Maximum number of jobs that the agent runs in parallel.' })
  slots!: number;

  @Field(() => String, { nullable: true, description: 'Version of the agent program.' })
  version!: string | null;

  @Field(() => Int, {
    description:
      'Version of the protocol that it speaks. An agent of version 1 does not learn of pauses and drains: it gets no more jobs, but does not leave on its own.',
  })
  protocol!: number;

  @Field(() => Date, { description: 'Time of the registration.' })
  registeredAt!: Date;

  @Field(() => Date, { description: 'Time at which the server last heard from the agent, accurate to a few seconds.' })
  lastSeenAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Time at which it left or was removed. Null if it has not.' })
  leftAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Time at which a person began to drain it. Null if it is not draining.',
  })
  drainingAt!: Date | null;

  @Field(() => Int, {
    description:
      'Jobs that the agent has ended, whatever their result, accurate to a few seconds. Lost ones are not counted.',
  })
  jobsDone!: number;

  @Field(() => Int, { description: 'Jobs of the agent that were lost, accurate to a few seconds.' })
  jobsLost!: number;
}

export const AgentConnection = ConnectionType(Agent);

export const AgentLabelEdit = objectType('AgentLabelEdit', 'Label that a person edited on the server.', {
  key: field.text('Key of the label.'),
  value: { ...field.text('Value that counts. Null: the label of the agent does not count.'), nullable: true },
});

export const AgentPause = objectType('AgentPause', 'Pause of an agent.', {
  at: field.time('Time at which it began.'),
  by: field.text('Name of the person.'),
  note: { ...field.text('Note for other people.'), nullable: true },
  until: { ...field.time('Time at which it ends on its own. Null: a person resumes the agent.'), nullable: true },
});

export const AgentSamplePoint = objectType('AgentSample', 'Load of the machine of an agent: the mean of one step.', {
  at: field.time('Beginning of the step.'),
  cpu: { ...field.bigint('Share of all processors in use, from 0 to 1.') },
  memoryUsedBytes: field.bigint('Memory in use, in bytes.'),
  memoryBytes: field.bigint('Memory of the machine, in bytes.'),
});

@ObjectType({ simpleResolvers: true, description: 'Registration token, without its value.' })
export class AgentRegistrationToken {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;

  @Field(() => String, { description: 'Name of the token.' })
  name!: string;

  @Field(() => Date, { description: 'Time of creation.' })
  createdAt!: Date;

  @Field(() => String, { nullable: true, description: 'Name of the person who created it.' })
  createdBy!: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Labels of its agents, as `key=value`: these and no others. Null: agents bring their own.',
  })
  labels!: string[] | null;

  @Field(() => Date, { nullable: true, description: 'Time from which it registers no agents. Null: never.' })
  expiresAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'Time at which it was revoked. Null if it was not.' })
  revokedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Name of the person who revoked it.' })
  revokedBy!: string | null;

  @Field(() => Date, { nullable: true, description: 'Time of the last registration. Null if there was none.' })
  lastUsedAt!: Date | null;
}

export const AgentRegistrationTokenConnection = ConnectionType(AgentRegistrationToken);
