import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { tagsOfObject } from '../../catalog/tags/tags.loaders';
import type { Execution } from '../../engine/execution';
import type { Context } from '../graphql/context';
import { Tag } from '../tags/tags.types';
import { ExecutionInterface } from './executions.types';

@Resolver(() => ExecutionInterface)
export class ExecutionTagsResolver {
  @FieldResolver(() => [Tag], {
    description:
      'Tags, sorted by name: its own, which `attachTag` with the kind DEPLOYMENT attaches, and those of its pipeline or workflow. Its own take precedence.',
  })
  async tags(@Root() { id, entityId }: Execution, @Ctx() { loaders }: Context) {
    const [own = [], inherited = []] = await Promise.all([
      loaders.load(tagsOfObject, id),
      loaders.load(tagsOfObject, entityId),
    ]);
    const byName = new Map([...inherited, ...own].map((tag) => [tag.name, tag]));
    return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
