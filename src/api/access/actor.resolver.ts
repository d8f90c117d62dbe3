import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { users } from '../../access/users';
import type { Context } from '../graphql/context';
import { EventActor } from './actor.types';

@Resolver(() => EventActor)
export class ActorResolver {
  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Name of the user that the API key belongs to, or of the author of the trigger. Null for other actors, and for a key without an owner.',
  })
  async owner(@Root() { kind, personId, authorName }: EventActor, @Ctx() { loaders }: Context): Promise<string | null> {
    if (kind === 'TRIGGER') return authorName ?? null;
    if (kind !== 'API_KEY' || personId == null) return null;
    return (await loaders.load(users.byId, personId))?.name ?? null;
  }
}
