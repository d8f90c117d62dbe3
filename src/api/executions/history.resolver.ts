import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Execution } from '../../engine/execution';
import { historyOfExecution } from '../../runs/views/history.loaders';
import type { Context } from '../graphql/context';
import { ExecutionInterface } from './executions.types';
import { HistoryEntry } from './history.types';

@Resolver(() => ExecutionInterface)
export class HistoryResolver {
  @FieldResolver(() => [HistoryEntry], {
    description:
      'Actions taken on the execution, oldest first: starts, approvals (with the comment), resumes, restores, pauses and aborts, each with its actor. Starts, decisions and restores are kept permanently, other actions as long as events. For a workflow inside a pipeline, only its own attempts: the pipeline’s execution has the rest.',
  })
  async history(@Root() { id }: Execution, @Ctx() { loaders }: Context) {
    return (await loaders.load(historyOfExecution, id)) ?? [];
  }
}
