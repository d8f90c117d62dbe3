import type { ActorRef } from '../access/actor';
import type { Freeze } from '../catalog/freezes/freezes';
import { type Closed, closedAt, frozenText, withoutExceptions } from '../catalog/freezes/freezeState';
import { Refusal } from '../kernel/errors';
import type { Beginning, Hindrance } from './beginning';
import { deploys } from './deployments';
import type { Execution } from './execution';
import type { RunSlice } from './runSlice';

/**
 * What begins within a freeze waits for its end, or is refused, as its pipeline or standalone workflow says. Usually
 * there is none: the first decision assumes so, and `move_slots` fails if one may hold it back.
 */
export function waitForFreeze(run: RunSlice, beginning: Beginning): Hindrance | null {
  const { environmentId, holder } = beginning;
  if (environmentId === null || holder.operationId !== null || run.begins === 'ASSUME') return null;
  const execution = run.execution(holder.executionId);
  const closed = closedFor(run, execution, beginning);
  if (closed === null) return null;
  const { freezeOverride } = execution;
  const { runId, executionId, stageExecutionId } = holder;
  if (freezeOverride !== null) {
    run.event({ runId, executionId }, 'FREEZE_OVERRIDDEN', {
      ...{ stageExecutionId, environmentId, freezeId: closed.freeze.id, freeze: closed.freeze.name },
      ...{ by: freezeOverride.by, reason: freezeOverride.reason },
    });
    return null;
  }
  const text = frozenText(run.fact('environment', environmentId)?.name ?? environmentId, closed);
  if (isRefused(run, execution)) {
    return { is: 'REFUSED', code: 'ENVIRONMENT_FROZEN', text, details: frozenDetails(environmentId, closed) };
  }
  return { is: 'WAIT', code: 'FROZEN', text, until: closed.until, needs: [], blocker: null };
}

export const frozenDetails = (environmentId: string, { freeze, until }: Closed<Freeze>) => ({
  ...{ environmentId, freezeId: freeze.id, freeze: freeze.name, reason: freeze.reason },
  until: until?.toISOString() ?? null,
});

function isRefused(run: RunSlice, { kind, revisionId }: Execution): boolean {
  return run.fact(kind === 'PIPELINE' ? 'pipeline' : 'workflow', revisionId).onFreeze === 'REFUSE';
}

function closedFor(
  run: RunSlice,
  execution: Execution,
  { environmentId, serviceIds }: Pick<Beginning, 'environmentId' | 'serviceIds'>,
): Closed<Freeze> | null {
  const known = run.fact('freezes', environmentId ?? '');
  if (known.length === 0) return null;
  const isInGroup = (id: string) => run.fact('groupIds', causeOf(run, execution).id).has(id);
  return closedAt(withoutExceptions(known, { serviceIds, isInGroup }), run.now);
}

/** Actor that began the newest attempt. */
function causeOf(run: RunSlice, { id, cause }: Execution): ActorRef {
  const begun = run.changes.attempts.find(({ executionId }) => executionId === id);
  if (begun !== undefined) return begun.cause;
  return run.changes.executions.get(id)?.before === null ? cause : run.fact('attempt', id).cause;
}

/**
 * Refuses the attempt that begins if its pipeline refuses freezes and one covers any element that will run, even if
 * earlier stages would run first.
 */
export function refuseFrozenRun(run: RunSlice, id: string): void {
  const execution = run.execution(id);
  if (execution.freezeOverride !== null || !isRefused(run, execution)) return;
  const ahead = run.elements(id).filter((stage) => stage.status === 'QUEUED' && deploys(stage));
  run.require(
    ...ahead.flatMap(({ environmentId: key }) =>
      key === null
        ? []
        : [
            { kind: 'freezes' as const, key },
            { kind: 'environment' as const, key },
          ],
    ),
  );
  for (const { environmentId, images } of ahead) {
    const closed = closedFor(run, execution, { environmentId, serviceIds: Object.keys(images) });
    if (closed === null || environmentId === null) continue;
    const text = frozenText(run.fact('environment', environmentId)?.name ?? environmentId, closed);
    run.refusal ??= new Refusal('ENVIRONMENT_FROZEN', `E${text.slice(1)}.`, frozenDetails(environmentId, closed));
  }
}
