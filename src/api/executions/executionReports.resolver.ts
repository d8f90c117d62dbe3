import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Execution } from '../../engine/execution';
import { reportOfTask, reportsOfExecution } from '../../runs/reports/jobReports.store';
import type { Context } from '../graphql/context';
import { JobReport, TaskReport } from '../jobs/reports.types';
import { ExecutionInterface, TaskExecution } from './executions.types';

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

@Resolver(() => TaskExecution)
export class TaskReportResolver {
  @FieldResolver(() => JobReport, {
    nullable: true,
    description:
      'Test results and summary of its newest job that sent any, whatever the result of the command. Null if none did.',
  })
  async report(@Root() { id }: { readonly id: string }, @Ctx() { loaders }: Context) {
    return (await loaders.load(reportOfTask, id)) ?? null;
  }
}
