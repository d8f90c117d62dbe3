import { Ctx, FieldResolver, ID, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import type { Execution, StageExecution, TaskExecution as TaskRow } from '../../engine/execution';
import type { NearestAgent as Nearest, WhyNotRunning } from '../../engine/whyNotRunning';
import { executionById, stageById, taskById } from '../../runs/execution/executions.loaders';
import type { Job as JobRow } from '../../runs/queue/job';
import { whyElement, whyExecution, whyTask } from '../../runs/views/whyNotRunning';
import type { Context } from '../graphql/context';
import { Job } from '../jobs/jobs.types';
import { ExecutionInterface, PipelineStageExecution, TaskExecution } from './executions.types';
import { NearestAgent, WhyNotRunningType } from './whyNotRunning.types';

/** Properties that only an administrator can change. */
const isStranded = ({ code, undecidable }: WhyNotRunning): boolean => code === 'NO_AGENT' || undecidable;
const deprecationReason = 'Use `whyNotRunning`, which reports every reason in structured fields.';

@Resolver(() => ExecutionInterface)
export class WhyExecutionResolver {
  @FieldResolver(() => [WhyNotRunningType], {
    description:
      'Reasons why the execution, or parts of it that could run, do not. Tasks that wait for the same reason are one ' +
      'entry. Empty if everything that can run runs, or if the execution is final.',
  })
  whyNotRunning(@Root() execution: Execution, @Ctx() { loaders }: Context): Promise<WhyNotRunning[]> {
    return whyExecution(loaders, execution.id);
  }

  @FieldResolver(() => [String], {
    deprecationReason,
    description:
      'Messages of `whyNotRunning` about missing agents and approvals that nobody can decide. Usually empty.',
  })
  async waitingFor(@Root() execution: Execution, @Ctx() { loaders }: Context): Promise<string[]> {
    const reasons = await whyExecution(loaders, execution.id);
    return [...new Set(reasons.filter(isStranded).map(({ message }) => message))];
  }
}

@Resolver(() => PipelineStageExecution)
export class WhyElementResolver {
  @FieldResolver(() => [WhyNotRunningType], {
    description:
      'Reasons why the element, or parts of its workflow that could run, do not. Empty if everything that can run runs, ' +
      'or if it is final.',
  })
  whyNotRunning(@Root() stage: StageExecution, @Ctx() { loaders }: Context): Promise<WhyNotRunning[]> {
    return whyElement(loaders, stage.id);
  }
}

@Resolver(() => TaskExecution)
export class WhyTaskResolver {
  @FieldResolver(() => WhyNotRunningType, {
    nullable: true,
    description: 'Reason why the task has not started, or waits for a person. Null if it runs or is final.',
  })
  async whyNotRunning(@Root() task: TaskRow, @Ctx() { loaders }: Context): Promise<WhyNotRunning | null> {
    return task.status === 'QUEUED' || task.status === 'WAITING' ? whyTask(loaders, task) : null;
  }

  @FieldResolver(() => String, {
    nullable: true,
    deprecationReason,
    description: 'Message of `whyNotRunning`, if no online agent has the labels of the task. Null otherwise.',
  })
  async waitingFor(@Root() task: TaskRow, @Ctx() { loaders }: Context): Promise<string | null> {
    const reason = task.status === 'QUEUED' ? await whyTask(loaders, task) : null;
    return reason !== null && isStranded(reason) ? reason.message : null;
  }
}

@Resolver(() => Job)
export class WhyJobResolver {
  @FieldResolver(() => WhyNotRunningType, {
    nullable: true,
    description: 'Reason why no agent runs the job. Null if one does, or if it is final.',
  })
  async whyNotRunning(
    @Root() { status, taskExecutionId, id }: JobRow,
    @Ctx() { loaders }: Context,
  ): Promise<WhyNotRunning | null> {
    if (status !== 'QUEUED') return null;
    const task = await loaders.load(taskById, taskExecutionId);
    return task?.jobId === id ? whyTask(loaders, task) : null;
  }
}

@Resolver(() => WhyNotRunningType)
export class WhyNotRunningResolver {
  @FieldResolver(() => ExecutionInterface)
  async holder(@Root() { holderExecutionId: id }: WhyNotRunning, @Ctx() { loaders, actor }: Context) {
    return id === null ? null : visible(actor.access, loaders, 'Execution', await loaders.load(executionById, id));
  }

  @FieldResolver(() => ID, {
    nullable: true,
    description: '`pipelineStageElementId` of the stage element that waits. Null for a standalone workflow.',
  })
  async pipelineStageElementId(@Root() { stageExecutionId: id }: WhyNotRunning, @Ctx() { loaders }: Context) {
    return id === null ? null : ((await loaders.load(stageById, id))?.elementId ?? null);
  }
}

@Resolver(() => NearestAgent)
export class NearestAgentResolver {
  @FieldResolver(() => String)
  name(@Root() { name }: Nearest, @Ctx() { actor }: Context): string | null {
    return actor.access.canInAccount('MANAGE_DELEGATES') ? name : null;
  }
}
