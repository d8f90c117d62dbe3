import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Execution } from '../../engine/execution';
import { executionLink } from '../../runs/execution/executionLink';
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

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Address of the page that shows the run to people: in the console at `SLIPWAY_PUBLIC_URL`, or `SLIPWAY_RUN_LINK`. For an execution in a pipeline, the page of the pipeline’s run. Null if neither is set.',
  })
  executionUrl(@Root() { runId }: Execution, @Ctx() { app }: Context): string | null {
    return executionLink(app, runId);
  }
}
