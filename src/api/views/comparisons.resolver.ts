import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import type { Context } from '../graphql/context';
import { compareExecutions } from '../../runs/views/compareExecutions';
import { ExecutionComparison } from './comparisons.types';

@Resolver(() => ExecutionComparison)
export class ComparisonsResolver {
  @Query(() => ExecutionComparison, {
    nullable: true,
    description:
      'Differences between two executions of pipelines, or two of workflows: definitions, inputs, images, variables, ' +
      'results by name, durations. `compareExecutions(a: "…", b: "…", attemptA: 1, attemptB: 2)` with the same id ' +
      'twice compares two attempts. Errors: NOT_FOUND, INVALID_INPUT (a pipeline and a workflow, or no such attempt).',
  })
  compareExecutions(
    @Arg('a', () => ID, { description: 'ID of the first execution.' }) a: string,
    @Arg('b', () => ID, { description: 'ID of the second execution; may be the same.' }) b: string,
    @Arg('attemptA', () => Int, { nullable: true, description: 'Attempt of `a`, from 1. Defaults to the newest.' })
    attemptA: number | null,
    @Arg('attemptB', () => Int, { nullable: true, description: 'Attempt of `b`, from 1. Defaults to the newest.' })
    attemptB: number | null,
    @Arg('includeEqual', () => Boolean, {
      nullable: true,
      description: 'True also lists values that are the same, after those that differ. Defaults to false.',
    })
    includeEqual: boolean | null,
    @Ctx() { app, actor, loaders }: Context,
  ) {
    return compareExecutions({ app, actor, loaders }, { a, b, attemptA, attemptB, includeEqual });
  }
}
