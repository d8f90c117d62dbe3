import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Execution } from '../../engine/execution';
import { factsOfExecution } from '../../runs/queue/jobFacts.loaders';
import type { Context } from '../graphql/context';
import { ExecutionFacts } from '../jobs/jobFacts.types';
import { ExecutionInterface } from './executions.types';

@Resolver(() => ExecutionInterface)
export class ExecutionFactsResolver {
  @FieldResolver(() => [ExecutionFacts], {
    description:
      'Images that ran and commits that were checked out, of the newest job of each task with a container, services or a checkout, in the order in which the jobs ended. For a pipeline, those of all its workflows.',
  })
  async facts(@Root() { id }: Execution, @Ctx() { loaders }: Context) {
    return (await loaders.load(factsOfExecution, id)) ?? [];
  }
}
