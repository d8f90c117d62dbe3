import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Execution } from '../../engine/execution';
import { reportsOfExecution } from '../../runs/reports/jobReports.store';
import type { Context } from '../graphql/context';
import { TaskReport } from '../jobs/reports.types';
import { ExecutionInterface } from './executions.types';

@Resolver(() => ExecutionInterface)
export class ExecutionReportsResolver {
  @FieldResolver(() => [TaskReport], {
    description:
      'Test results and summaries of tasks: JUnit XML that commands wrote to the folder `$SLIPWAY_REPORTS` or to the files in `reports.junit` of their task, and Markdown that they wrote to the file `$SLIPWAY_SUMMARY`, whatever the result of the command. First 200, in the order in which they arrived, each of the newest job of its task that sent one. For a pipeline, those of all its workflows. ' +
      'Example: `reports { task report { summary tests { tests failures errors skipped } failed { name message } } }`.',
  })
  async reports(@Root() { id }: Execution, @Ctx() { loaders }: Context) {
    return (await loaders.load(reportsOfExecution, id)) ?? [];
  }
}
