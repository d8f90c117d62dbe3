import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: 'Who brought a change about.' })
export class EventActor {
  @Field(() => String, {
    description: '`API_KEY`, `USER`, `AGENT`, or `SYSTEM` for the server itself; more may follow.',
  })
  kind!: string;

  @Field(() => ID, { description: 'Its id.' })
  id!: string;

  @Field(() => String, { description: 'Its name at the time.' })
  name!: string;
}
