import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { personById } from '../../access/access.loaders';
import { tagsOfObject } from '../../catalog/tags/tags.loaders';
import { User } from '../access/access.types';
import { Application } from '../applications/application.types';
import { Environment } from '../environments/environments.types';
import type { Context } from '../graphql/context';
import type { ResolverClass } from '../graphql/schema';
import { Pipeline } from '../pipelines/pipelines.types';
import { Service } from '../services/services.types';
import { TriggerType } from '../triggers/triggers.types';
import { Workflow } from '../workflows/workflows.types';
import { Tag } from './tags.types';

/** Person behind an author, as far as the caller may see users. */
export async function shownPerson({ loaders, actor }: Context, authorId: string | null) {
  if (authorId === null) return null;
  const person = await loaders.load(personById, authorId);
  const seen = actor.access.canInAccount('READ_USERS_AND_GROUPS') || person?.id === actor.access.personId;
  return seen ? (person ?? null) : null;
}

/** Fields of everything that people configure. */
function configuredResolver(Node: new () => object): ResolverClass {
  @Resolver(() => Node)
  class ConfiguredResolver {
    // Not named as its field: the property of that name is the field `createdById`.
    @FieldResolver(() => User, {
      name: 'createdBy',
      nullable: true,
      description:
        'User who created it, or the owner of the API key that did. Null if the key has no owner, or if the caller may not see users.',
    })
    creator(@Root() { createdBy }: { readonly createdBy: string | null }, @Ctx() context: Context) {
      return shownPerson(context, createdBy);
    }

    @FieldResolver(() => [Tag], { description: 'Its tags, sorted by name. See `attachTag`.' })
    async tags(@Root() { id }: { readonly id: string }, @Ctx() { loaders }: Context) {
      return (await loaders.load(tagsOfObject, id)) ?? [];
    }
  }
  return ConfiguredResolver;
}

export const configuredResolvers = [Application, Environment, Service, Workflow, Pipeline, TriggerType].map(
  configuredResolver,
);
