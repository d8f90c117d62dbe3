import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { exportExecutions, readExport } from '../../runs/exports/exportExecutions';
import { MOST_A_DAY } from '../../runs/exports/executionExport';
import type { Context } from '../graphql/context';
import { Input } from '../graphql/described.types';
import { echo } from '../graphql/mutations.types';
import { ExecutionExport, ExportExecutionsInput, ExportExecutionsPayload } from './exports.types';
import { shownExport } from './shownExport';

@Resolver()
export class ExportsResolver {
  @Query(() => ExecutionExport, {
    nullable: true,
    description:
      'Export that the caller requested with `exportExecutions`; administrators see those of all users. Example: `executionExport(requestId: "…") { status downloadLink }`. Errors: NOT_FOUND.',
  })
  async executionExport(
    @Arg('requestId', () => ID, { description: 'ID of the export.' }) requestId: string,
    @Ctx() { app, actor }: Context,
  ) {
    return shownExport(app, await readExport(app, actor, requestId));
  }

  @Mutation(() => ExportExecutionsPayload, {
    description: `Exports executions to an archive, which a server writes in the background: lines of JSON, compressed with gzip, with each execution, its events, the logs of its jobs (at most 25 MiB each) and its workflow executions. The executions are fixed at the time of the request: those that the caller may see then. Their contents are as of the time at which the archive is written. Poll \`statusLink\` or \`executionExport\` until the status is READY, then open \`downloadLink\`. Example: \`exportExecutions(input: {filters: [{status: {operator: EQUALS, values: ["FAILED"]}}]}) { requestId totalExecutions downloadLink expiresAt }\`. Errors: INVALID_INPUT (rule LIMIT: the filters select too many executions), RATE_LIMITED (more than ${MOST_A_DAY} exports of a user in 24 hours).`,
  })
  async exportExecutions(
    @Input(ExportExecutionsInput) input: InstanceType<typeof ExportExecutionsInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), ...(await shownExport(app, await exportExecutions(app, actor, input.filters ?? []))) };
  }
}
