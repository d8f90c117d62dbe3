import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Refusal } from '../../kernel/errors';
import { abortExecutions } from '../../runs/commands/abortExecutions';
import { cancelJobs } from '../../runs/queue/cancelJobs';
import { moveJobs } from '../../runs/queue/moveJobs';
import { pauseQueue, resumeQueue } from '../../runs/queue/pauseQueue';
import { setPriority } from '../../runs/queue/setPriority';
import type { Context } from '../graphql/context';
import { echo } from '../graphql/mutations.types';
import {
  AbortExecutionsInput,
  AbortExecutionsPayload,
  CancelJobsInput,
  CancelJobsPayload,
  MoveJobInput,
  MoveJobsInput,
  MoveJobsPayload,
  PauseQueueInput,
  QueuePausePayload,
  ResumeQueueInput,
  SetPriorityInput,
  SetPriorityPayload,
} from './queueCommands.types';

const AHEAD =
  'Requires ABORT_WORKFLOW for the execution of each job; moving a job ahead also requires the account permission ' +
  'MANAGE_DELEGATES, because jobs of other applications then wait longer.';

/** Fields of a result for one item. */
const errorOf = (refusal: Refusal | null) => ({
  code: refusal?.code ?? null,
  message: refusal?.message ?? null,
  details: refusal?.details ?? null,
});

@Resolver()
export class QueueCommandsResolver {
  @Mutation(() => MoveJobsPayload, {
    description: `Moves a waiting job in the queue. Between jobs of another priority, it takes on that priority. ${AHEAD} If the job or its neighbor was claimed meanwhile, fails with NOT_WAITING; \`neighbors\` has the IDs of the jobs \`previous\` and \`next\` to its place now. Example: \`moveJob(input: {jobId: "…", to: TOP})\`. Errors: NOT_FOUND, FORBIDDEN, NOT_WAITING, INVALID_INPUT.`,
  })
  async moveJob(
    @Arg('input', () => MoveJobInput, { description: 'Job and its new place.' }) input: MoveJobInput,
    @Ctx() { app, actor }: Context,
  ) {
    const { jobId, ...place } = input;
    await moveJobs(app, actor, { ...place, jobIds: [jobId] });
    return { ...echo(input), jobIds: [jobId] };
  }

  @Mutation(() => MoveJobsPayload, {
    description: `Moves waiting jobs next to each other; they keep their order. All of them move, or none. ${AHEAD} Errors: as for \`moveJob\`.`,
  })
  async moveJobs(
    @Arg('input', () => MoveJobsInput, { description: 'Jobs and their new place.' }) input: MoveJobsInput,
    @Ctx() { app, actor }: Context,
  ) {
    await moveJobs(app, actor, input);
    return { ...echo(input), jobIds: input.jobIds };
  }

  @Mutation(() => SetPriorityPayload, {
    description:
      'Gives a waiting job, a run, a pipeline, a standalone workflow or an application a priority. Waiting jobs move at ' +
      'once; running ones are not affected. Requires ABORT_WORKFLOW for a job or run, and UPDATE for the others. A ' +
      'priority above the one that would apply otherwise, and a higher weight, also require the account permission ' +
      'MANAGE_DELEGATES. No document sets a priority. Errors: NOT_FOUND, FORBIDDEN, NOT_WAITING, INVALID_INPUT.',
  })
  async setPriority(
    @Arg('input', () => SetPriorityInput, { description: 'Target and its priority.' }) input: SetPriorityInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), ...(await setPriority(app, actor, input)) };
  }

  @Mutation(() => QueuePausePayload, {
    description:
      'Pauses the queue for jobs that require certain labels, or for all. Jobs keep arriving and running jobs finish, but ' +
      'none that matches is claimed; `whyNotRunning` shows the pause. Ends at `until`, or with `resumeQueue`. Requires the ' +
      'account permission MANAGE_DELEGATES. Example: `pauseQueue(input: {labels: ["os=linux"], note: "kernel update"})`. ' +
      'Errors: FORBIDDEN, INVALID_INPUT.',
  })
  async pauseQueue(
    @Arg('input', () => PauseQueueInput, { description: 'Pause.' }) input: PauseQueueInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), pause: await pauseQueue(app, actor, input) };
  }

  @Mutation(() => QueuePausePayload, {
    description:
      'Ends a pause of the queue before its time. Requires the account permission MANAGE_DELEGATES. Errors: FORBIDDEN, ' +
      'NOT_FOUND (also if it has ended).',
  })
  async resumeQueue(
    @Arg('input', () => ResumeQueueInput, { description: 'Pause to end.' }) input: ResumeQueueInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), pause: await resumeQueue(app, actor, input.pauseId) };
  }

  @Mutation(() => CancelJobsPayload, {
    description:
      'Cancels jobs, with a result for each. A job that no agent has started is withdrawn, and its task fails; the agent ' +
      'of a running one is asked to end it, and its task is ABORTED. Neither is retried. Requires the same right as ' +
      '`abortExecution`. Errors of a job: NOT_FOUND, FORBIDDEN, NOT_WAITING (it has ended). Errors: INVALID_INPUT.',
  })
  async cancelJobs(
    @Arg('input', () => CancelJobsInput, { description: 'Jobs to cancel.' }) input: CancelJobsInput,
    @Ctx() { app, actor }: Context,
  ) {
    const jobs = await cancelJobs(app, actor, input);
    return {
      ...echo(input),
      jobs: jobs.map(({ jobId, outcome, refusal }) => ({ jobId, outcome, ...errorOf(refusal) })),
    };
  }

  @Mutation(() => AbortExecutionsPayload, {
    description:
      'Aborts executions, with a result for each: see `abortExecution`. Example: `abortExecutions(input: {filters: ' +
      '[{status: {operator: EQUALS, values: ["WAITING"]}}]})`. Errors of an execution: NOT_FOUND, FORBIDDEN, ' +
      'NOT_ABORTABLE, CONFLICT. Errors: INVALID_INPUT.',
  })
  async abortExecutions(
    @Arg('input', () => AbortExecutionsInput, { description: 'Executions to abort.' }) input: AbortExecutionsInput,
    @Ctx() { app, actor }: Context,
  ) {
    const executions = await abortExecutions(app, actor, input);
    return {
      ...echo(input),
      executions: executions.map(({ executionId, execution, refusal }) => ({
        ...{ executionId, execution },
        ...errorOf(refusal),
      })),
    };
  }
}
