import { Field, Int, ObjectType } from 'type-graphql';
import { historyAction } from '../../runs/views/history';
import { EventActor } from '../access/actor.types';
import { enumOf } from '../graphql/described.types';

const HistoryActionEnum = enumOf(historyAction);

@ObjectType({ simpleResolvers: true, description: 'One thing that a person, a key or the server did to an execution.' })
export class HistoryEntry {
  @Field(() => Date, { description: 'Time of the action.' })
  at!: Date;

  @Field(() => HistoryActionEnum, { description: 'Action.' })
  action!: string;

  @Field(() => EventActor, { description: 'User, key or server that did it.' })
  actor!: EventActor;

  @Field(() => Int, {
    nullable: true,
    description: 'Attempt that the action began, or that asked for the approval. Null for other actions.',
  })
  attempt!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Stage that it was about. Null if it was about no single stage.',
  })
  stage!: string | null;

  @Field(() => String, { nullable: true, description: 'Stage element or task that it was about.' })
  step!: string | null;

  @Field(() => String, { nullable: true, description: 'Comment or reason that was given.' })
  text!: string | null;
}
