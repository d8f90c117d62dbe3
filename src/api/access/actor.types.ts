import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: 'User, key or system component that caused a change.' })
export class EventActor {
  @Field(() => String, {
    description: '`API_KEY`, `USER`, `AGENT`, `TRIGGER`, or `SYSTEM` for the server itself; more may follow.',
  })
  kind!: string;

  @Field(() => ID, { description: 'ID of the actor.' })
  id!: string;

  @Field(() => String, { description: 'Name at that time.' })
  name!: string;

  /** User behind the actor; not a field. */
  personId?: string | null;

  /** Author of a trigger; not a field. */
  authorName?: string;
}
