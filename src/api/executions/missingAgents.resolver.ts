import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { OFFLINE_AFTER_MS } from '../../contract/labels';
import type { App } from '../../runs/app';
import type { Context } from '../graphql/context';
import type { BatchLoad } from '../../kernel/loaders';
import { isFinal } from '../../contract/statuses';
import { type Execution, type TaskExecution as TaskRow } from '../../engine/execution';
import { ExecutionInterface, TaskExecution } from './executions.types';
import { findMissingAgents, type MissingAgent } from '../../runs/queue/missingAgents.store';
import { findUndecidable } from '../../runs/approvals/approvers.store';

const onlineSince = (app: App) => new Date(app.clock.now().getTime() - OFFLINE_AFTER_MS);

const inWords = (labels: readonly string[]) =>
  labels.length === 0 ? 'no agent is online' : `no online agent has the labels ${labels.join(', ')}`;

const ofTasks: BatchLoad<string, App> = async (app, ids) =>
  new Map(
    (await findMissingAgents(app.database, ids, [], onlineSince(app))).map((one) => [one.taskId, inWords(one.labels)]),
  );

const ofExecutions: BatchLoad<readonly string[], App> = async (app, ids) => {
  const [missing, undecidable] = await Promise.all([
    findMissingAgents(app.database, [], ids, onlineSince(app)),
    findUndecidable(app.database, ids),
  ]);
  const agentsOf = (id: string) => missing.filter((one: MissingAgent) => one.executionId === id || one.runId === id);
  const approvalsOf = (id: string) => undecidable.filter((one) => one.executionId === id);
  const explain = (id: string) => [
    ...agentsOf(id).map((one) => inWords(one.labels)),
    ...approvalsOf(id).map((one) => `nobody is left to decide "${one.stepName}" (${one.approvers.join(', ')})`),
  ];
  return new Map(ids.map((id) => [id, [...new Set(explain(id))]]));
};

@Resolver(() => TaskExecution)
export class MissingAgentsOfTaskResolver {
  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Explanation of which labels no online agent has, if the task is QUEUED because of that. Null otherwise.',
  })
  async waitingFor(@Root() task: TaskRow, @Ctx() { loaders }: Context): Promise<string | null> {
    if (task.status !== 'QUEUED' || task.jobId === null) return null;
    return (await loaders.load(ofTasks, task.id)) ?? null;
  }
}

@Resolver(() => ExecutionInterface)
export class MissingAgentsResolver {
  @FieldResolver(() => [String], {
    description:
      'Explanations of what keeps the execution waiting: labels that no online agent has, for tasks that are QUEUED because ' +
      'of that, and approvals that nobody is left to decide. Usually empty.',
  })
  async waitingFor(@Root() { id, status }: Execution, @Ctx() { loaders }: Context): Promise<readonly string[]> {
    return isFinal(status) ? [] : ((await loaders.load(ofExecutions, id)) ?? []);
  }
}
