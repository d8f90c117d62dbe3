import { Field, Int, ObjectType } from 'type-graphql';
import { historyAction } from '../../runs/views/history';
import { EventActor } from '../access/actor.types';
import { enumOf } from '../graphql/described.types';

const HistoryActionEnum = enumOf(historyAction);

@ObjectType({ simpleResolvers: true, description: 'Action that a user, a key or the server took on an execution.' })
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
    description: 'Stage that the action applied to. Null if it did not apply to a single stage.',
  })
  stage!: string | null;

  @Field(() => String, { nullable: true, description: 'Stage element or task that the action applied to.' })
  step!: string | null;

  @Field(() => String, { nullable: true, description: 'Comment or reason given with the action.' })
  text!: string | null;
}
