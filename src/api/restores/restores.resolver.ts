import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { Actor } from '../../access/actor';
import type { App } from '../../runs/app';
import type { Execution, ExecutionAttempt } from '../../engine/execution';
import { attemptKey, executionById } from '../../runs/execution/executions.loaders';
import { readExecution } from '../../runs/execution/executions.queries';
import { PipelineExecution, TaskExecution } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import { echo } from '../graphql/mutations.types';
import { isId } from '../../kernel/ids';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import { OverrideFreezeInput } from '../executions/runCommand.inputs';
import { ExecutionAttemptType } from '../resumes/resume.types';
import { addImagesToRun } from '../../runs/commands/addImagesToRun';
import type { Operation, RestorePoint } from '../../runs/restores/restore';
import type { RestorePlan, Reversal } from '../../runs/restores/restorePlan';
import { previewRestore, type RestorePreview } from '../../runs/restores/restorePreview';
import { cancelRestore } from '../../runs/commands/cancelRestore';
import { restoreRun } from '../../runs/commands/restoreRun';
import {
  consumerOfPoint,
  logOfOperation,
  operationsOfRun,
  restoreOfAttempt,
  restorePointOfRun,
  tasksOfOperation,
} from '../../runs/restores/restores.loaders';
import { findOperations } from '../../runs/restores/restores.store';
import {
  AddImagesToRunInput,
  CancelRestoreInput,
  EnvironmentConflict,
  OperationErrorType,
  OperationLogPageType,
  OperationPayload,
  OperationType,
  PreviewedRestoreTask,
  RestorePointType,
  RestorePreviewType,
  RestoreRunInput,
  RevertedImage,
} from './restores.types';
import { type OperationLogPage, readOperationLog, watchOperationLog } from '../../runs/restores/restoreLog';
import { selectorList } from '../../catalog/language/labelSelectors';

const MAX_LINES = 5000;

@Resolver()
export class RestoresResolver {
  @Mutation(() => OperationPayload, {
    description:
      'Extends a run that is SUCCESS, or that failed after a success, with more images or other inputs, as its next ' +
      'attempt. Keeps everything that is not named. Only tasks that see a change run again, with the tasks that depend ' +
      'on them. The attempt before the extension becomes the restore point, in the same transaction. Requires EXECUTE_PIPELINE for the environment of every stage that will run. Example: `addImagesToRun(input: {runId: "…", ' +
      'images: [{service: "web", image: "web:1.3.0"}]}) { run { status attempt } }`. Errors: NOT_FOUND, FORBIDDEN, ENVIRONMENT_MOVED_ON, ENVIRONMENT_FROZEN, CONCURRENCY_LIMIT, ' +
      'NOT_EXTENDABLE, NOTHING_CHANGED, NEW_RUN_REQUIRED, INVALID_INPUT, CONFLICT, IDEMPOTENCY_CONFLICT.',
  })
  async addImagesToRun(
    @Arg('input', () => AddImagesToRunInput, { description: 'Run to extend, and what to add.' })
    { images, variableInputs, ...input }: AddImagesToRunInput,
    @Ctx() { app, actor }: Context,
  ) {
    const extended = { ...input, images: images ?? [], variableInputs: variableInputs ?? [] };
    return { ...echo(input), ...(await addImagesToRun(app, actor, extended)) };
  }

  @Query(() => RestorePreviewType, {
    nullable: true,
    description: 'Preview of `restoreRun`, with everything that prevents it. Writes nothing. Errors: NOT_FOUND.',
  })
  restorePreview(
    @Arg('runId', () => ID, { description: 'ID of the pipeline execution.' }) runId: string,
    @Arg('overrideFreeze', () => OverrideFreezeInput, {
      nullable: true,
      description: 'Override of freezes that the restore would have. Defaults to none.',
    })
    overrideFreeze: OverrideFreezeInput | null,
    @Ctx() { app, actor }: Context,
  ): Promise<RestorePreview> {
    return previewRestore(app, actor, runId, { overrideFreeze });
  }

  @Mutation(() => OperationPayload, {
    description:
      'Restores a run, and the environments that it deployed to, to the state before it was last extended from a ' +
      'success. Only the user who started the run and still has EXECUTE_PIPELINE for the restored environments, or an ' +
      'administrator, may do this. The run becomes RESTORING while its restore tasks run on agents with the earlier ' +
      'configuration, the last stage first. Then the next attempt, which shows the restored one, is added in one ' +
      'transaction, and the run becomes SUCCESS. If anything fails, the run is unchanged, the restore point can be ' +
      'used again, and the operation reports the error. Returns once the restore has begun; follow `operationLog`. Errors: ' +
      'NOT_FOUND, FORBIDDEN, NOT_RESTORABLE, NO_RESTORE_POINT, RESTORE_POINT_CONSUMED, ENVIRONMENT_CONFLICT, ENVIRONMENT_FROZEN, CONCURRENCY_LIMIT, ' +
      'PLAN_STALE, CONFLICT, IDEMPOTENCY_CONFLICT.',
  })
  async restoreRun(
    @Arg('input', () => RestoreRunInput, { description: 'Run to restore, and how.' }) input: RestoreRunInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), ...(await restoreRun(app, actor, input)) };
  }

  @Mutation(() => OperationPayload, {
    description:
      'Cancels the restore of a run that is RESTORING. Running restore tasks get SIGTERM, and are killed after their grace; the others do not start. The run then returns to its previous status, the operation becomes CANCELLED, and the restore point can be used again. Requires the permission to restore the run. Canceling again changes nothing. Errors: NOT_FOUND, FORBIDDEN, NOT_RESTORING, INVALID_INPUT, CONFLICT, IDEMPOTENCY_CONFLICT.',
  })
  async cancelRestore(
    @Arg('input', () => CancelRestoreInput, { description: 'Run whose restore is to be canceled.' })
    input: CancelRestoreInput,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), ...(await cancelRestore(app, actor, input)) };
  }

  @Query(() => OperationType, { nullable: true, description: 'Operation with the given ID. Errors: NOT_FOUND.' })
  operation(
    @Arg('operationId', () => ID, { description: 'ID of the operation.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<Operation> {
    return readOperation(app, actor, id);
  }

  @Query(() => OperationLogPageType, {
    nullable: true,
    description: 'Page of an operation’s log. Errors: NOT_FOUND, INVALID_INPUT.',
  })
  async operationLog(
    @Arg('operationId', () => ID, { description: 'ID of the operation.' }) id: string,
    @Arg('after', () => Int, {
      nullable: true,
      description: 'Lines to skip: `nextAfter` of the previous page. Defaults to 0.',
    })
    after: number | null,
    @Arg('first', () => Int, {
      nullable: true,
      description: 'Maximum number of lines to return, from 1 to 5,000. Defaults to 1,000.',
    })
    first: number | null,
    @Ctx() { app, actor }: Context,
  ): Promise<OperationLogPage> {
    const from = checkRange('after', after ?? 0, 0, 2 ** 31 - 1);
    const limit = checkRange('first', first ?? 1000, 1, MAX_LINES);
    await readOperation(app, actor, id);
    return readOperationLog(app, id, from, limit);
  }

  @Subscription(() => OperationLogPageType, {
    description:
      'Log of an operation from a line: first what exists, then what is added, each line once and in order. Completes ' +
      'when the operation has ended. After a lost connection, continue with `after: <nextAfter of the last page>`. ' +
      'Errors: NOT_FOUND, INVALID_INPUT.',
    subscribe: async ({ args, context }) => {
      const { app, actor, request } = context as Context;
      const { operationId, after } = args as { operationId: string; after?: number | null };
      const from = checkRange('after', after ?? 0, 0, 2 ** 31 - 1);
      await readOperation(app, actor, operationId);
      return watchOperationLog(app, operationId, from, request.signal);
    },
    name: 'operationLog',
  })
  watchLog(
    @Arg('operationId', () => ID, { description: 'ID of the operation.' }) _id: string,
    @Arg('after', () => Int, { nullable: true, description: 'Lines to skip. Defaults to 0.' }) _after: number | null,
    @Root() page: OperationLogPage,
  ): OperationLogPage {
    return page;
  }
}

@Resolver(() => OperationType)
export class OperationResolver {
  @FieldResolver(() => OperationErrorType, {
    nullable: true,
    description: 'Error of an operation that failed or was canceled. Null otherwise.',
  })
  error(@Root() { status, errorCode: code, errorMessage: message }: Operation): object | null {
    return status === 'FAILED' || status === 'CANCELLED' ? { code, message } : null;
  }

  @FieldResolver(() => String, {
    description:
      'Log so far, as text. Each line has a time, a level and a message. `operationLog` has it in pages, and live.',
  })
  async log(@Root() { id }: Operation, @Ctx() { loaders }: Context): Promise<string> {
    return (await loaders.load(logOfOperation, id)) ?? '';
  }

  @FieldResolver(() => [TaskExecution], {
    description: 'Restore tasks of the operation that have run or are running, in order.',
  })
  async tasks(@Root() { id }: Operation, @Ctx() { loaders }: Context) {
    return (await loaders.load(tasksOfOperation, id)) ?? [];
  }
}

@Resolver(() => PipelineExecution)
export class RunOperationsResolver {
  @FieldResolver(() => [OperationType], { description: 'Extensions and restores of the run, newest first.' })
  async operations(@Root() { id }: Execution, @Ctx() { loaders }: Context) {
    return (await loaders.load(operationsOfRun, id)) ?? [];
  }

  @FieldResolver(() => RestorePointType, {
    nullable: true,
    description:
      'Newest restore point, even if it was used already. Null if the run was never extended from a success.',
  })
  restorePoint(@Root() { id }: Execution, @Ctx() { loaders }: Context) {
    return loaders.load(restorePointOfRun, id);
  }
}

@Resolver(() => RestorePointType)
export class RestorePointResolver {
  @FieldResolver(() => OperationType, { nullable: true, description: 'Restore that used the point. Null if none did.' })
  consumedBy(@Root() { id }: RestorePoint, @Ctx() { loaders }: Context) {
    return loaders.load(consumerOfPoint, id);
  }
}

@Resolver(() => ExecutionAttemptType)
export class RevertedAttemptResolver {
  @FieldResolver(() => OperationType, {
    nullable: true,
    description: 'Restore that reverted the result. Null if it was not reverted. A reverted result stays readable.',
  })
  async revertedBy(@Root() { executionId, runAttempt }: ExecutionAttempt, @Ctx() { loaders }: Context) {
    const { runId } = found(await loaders.load(executionById, executionId));
    return (await loaders.load(restoreOfAttempt, attemptKey({ executionId: runId, attempt: runAttempt }))) ?? null;
  }
}

@Resolver(() => RestorePreviewType)
export class RestorePreviewResolver {
  @FieldResolver(() => PipelineExecution, { description: 'Current state of the run.' })
  run(@Root() { run }: RestorePreview): Execution {
    return run;
  }

  @FieldResolver(() => RestorePointType, { nullable: true, description: 'Restore point that would be used.' })
  restorePoint(@Root() { plan }: RestorePreview) {
    return plan?.point ?? null;
  }

  @FieldResolver(() => [RevertedImage], {
    description: 'Images that will be deployed again, by environment and service.',
  })
  images(@Root() { plan }: RestorePreview): object[] {
    return plan?.reversals.map((one) => showImage(plan, one)) ?? [];
  }

  @FieldResolver(() => [EnvironmentConflict], {
    description: 'Deployments by runs that started later, to environments that this restore affects.',
  })
  environmentConflicts(@Root() { plan }: RestorePreview): object[] {
    const conflicts = plan?.reversals.flatMap((one) =>
      one.conflict && one.now !== null
        ? [{ ...showImage(plan, one), runId: one.now.runId, deployedAt: one.now.endedAt }]
        : [],
    );
    return conflicts ?? [];
  }

  @FieldResolver(() => [PreviewedRestoreTask], {
    description: 'Restore tasks that will run, in order: those of the elements that began in later attempts.',
  })
  tasks(@Root() { plan }: RestorePreview): PreviewedRestoreTask[] {
    if (plan === null) return [];
    const { environments } = plan.restored;
    return plan.steps.flatMap((step, index) =>
      step.map(({ name, workflow, stage, definition }) => ({
        name,
        workflow,
        step: index + 1,
        stageName: stage.stageName,
        stepName: stage.stepName,
        environment: stage.environmentId && (environments[stage.environmentId] ?? stage.environmentId),
        labels: selectorList(definition.labels),
      })),
    );
  }
}

function showImage(
  { restored: { environments, services } }: RestorePlan,
  { environmentId, serviceId, now, before }: Reversal,
): RevertedImage {
  return {
    environmentId,
    serviceId,
    environment: environments[environmentId] ?? environmentId,
    service: services[serviceId] ?? serviceId,
    now: now?.image ?? null,
    restored: before?.image ?? null,
  };
}

/** Operation by its id. Visible to callers who may see its run. */
async function readOperation(app: App, actor: Actor, id: string): Promise<Operation> {
  const [operation] = isId(id) ? await findOperations(app.database, [id]) : [];
  if (operation === undefined) throw notFound('operation', id);
  await readExecution(app, actor, operation.runId).catch((error: unknown) => {
    throw error instanceof Refusal && error.code === 'NOT_FOUND' ? notFound('operation', id) : error;
  });
  return operation;
}

function checkRange(field: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  const message = `${field} must be from ${least} to ${most}; it is ${value}.`;
  throw invalidInput([{ field, value, rule: 'RANGE', message }]);
}
