import { approvalsOver, standingOf } from './approvalSubject';
import type { Beginning, Hindrance, SlotHolder, SlotNeed, SlotState } from './beginning';
import type { RunSlice } from './runSlice';

/** Key of the fact about a group, as one holder sees it. */
export const slotFact = ({ key, limit }: SlotNeed, holderId: string): string => `${holderId} ${limit} ${key}`;

/** Groups of pipelines and groups of workflows have separate names, because a run holds a slot while its elements wait. */
export const runGroupKey = (applicationId: string, name: string): string => `run ${applicationId} ${name}`;
export const elementGroupKey = (applicationId: string, name: string): string => `element ${applicationId} ${name}`;
export const environmentKey = (environmentId: string): string => `environment ${environmentId}`;

/**
 * Takes the slots that something needs before it begins, all of them or none. A holder of a slot of an element waits
 * for no other slot, and a run takes the slot of its pipeline before those of its elements, so no deadlock exists.
 * Usually the slots are free: the first decision assumes so and reads nothing. If that is wrong, the statement that
 * takes them fails, and the next decision looks.
 */
export function takeSlots(run: RunSlice, beginning: Beginning): Hindrance | null {
  const needs = needsOf(run, beginning);
  if (needs.length === 0) return null;
  const { holder } = beginning;
  if (run.begins === 'ASSUME' && needs.every((need) => takenHere(run, need, holder).length < need.limit)) {
    take(run, beginning, needs);
    return null;
  }
  run.require(...needs.map((need) => ({ kind: 'slot' as const, key: slotFact(need, holder.holderId) })));
  const states = needs.map((need) => ({ need, state: run.fact('slot', slotFact(need, holder.holderId)) }));
  const superseding = states.find(({ state }) => state.supersededBy !== null)?.state.supersededBy;
  if (superseding != null) {
    return { is: 'SUPERSEDED', code: 'SUPERSEDED', text: `superseded by execution ${superseding}, which is newer` };
  }
  const blocked = states.filter(({ need, state }) => isBlocked(run, need, state, holder));
  // The slot of the environment comes last, and says most.
  const { need, state } = blocked.at(-1) ?? (run.begins === 'ASK' ? states[0] : undefined) ?? {};
  if (need === undefined || state === undefined) {
    take(run, beginning, needs);
    return null;
  }
  const refusing = blocked.find((one) => one.need.policy === 'REFUSE');
  if (refusing !== undefined) {
    const text = `${refusing.need.name} is taken: ${describe(run, refusing.need, refusing.state, holder)}`;
    return { is: 'REFUSED', code: 'CONCURRENCY_LIMIT', text };
  }
  const others = heldByOthers(run, need, state, holder);
  return {
    is: 'WAIT',
    code: 'WAITING_FOR_SLOT',
    text: `waits for ${need.name}: ${describe(run, need, state, holder)}`,
    until: null,
    needs,
    blocker: { key: need.key, name: need.name, holder: others[0] ?? state.first, position: state.ahead + 1 },
  };
}

/** Groups of an element's workflow and environment, and the slot of that environment. */
function needsOf(run: RunSlice, { applicationId, environmentId, groups }: Beginning): SlotNeed[] {
  if (environmentId === null) return [...groups];
  const slot: SlotNeed = { key: environmentKey(environmentId), limit: 1, policy: 'QUEUE', name: 'its environment' };
  // `move_slots` adds the group of the environment.
  if (run.begins === 'ASSUME') return [...groups, slot];
  const { name, concurrency } = run.fact('environment', environmentId);
  const { group = null, limit = 1, policy = 'QUEUE' } = concurrency ?? {};
  const shared =
    group === null
      ? []
      : [{ key: elementGroupKey(applicationId, group), limit, policy, name: `concurrency group "${group}"` }];
  return [...groups, ...shared, { ...slot, policy, name: `environment "${name}"` }];
}

/** Others that this decision gives a slot of a group. */
const takenHere = (run: RunSlice, { key }: SlotNeed, { holderId }: SlotHolder) =>
  run.changes.slots.taken
    .filter((one) => one.holderId !== holderId && one.needs.some((need) => need.key === key))
    .map(({ needs: _, ...holder }) => ({ ...holder, since: run.now.toISOString() }));

const heldByOthers = (run: RunSlice, need: SlotNeed, { holders }: SlotState, holder: SlotHolder) => [
  ...holders.filter((one) => one.holderId !== holder.holderId && !run.changes.slots.freed.includes(one.holderId)),
  ...takenHere(run, need, holder),
];

function isBlocked(run: RunSlice, need: SlotNeed, state: SlotState, holder: SlotHolder): boolean {
  if (state.holders.some(({ holderId }) => holderId === holder.holderId)) return false;
  return heldByOthers(run, need, state, holder).length + state.ahead >= need.limit;
}

function describe(run: RunSlice, need: SlotNeed, state: SlotState, holder: SlotHolder): string {
  const [first, ...more] = heldByOthers(run, need, state, holder);
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  const by =
    first?.executionId === holder.executionId ? 'another element of this run' : `execution ${first?.executionId}`;
  const held = first === undefined ? '' : `held by ${by} since ${first.since}${others}, `;
  return `${held}place ${state.ahead + 1}${need.limit === 1 ? '' : ` for one of ${need.limit} slots`}`;
}

function take(run: RunSlice, beginning: Beginning, needs: readonly SlotNeed[]): void {
  const { holder, environmentId } = beginning;
  const replaces = approvedToReplace(run, beginning);
  run.changes.slots.taken.push({ ...holder, needs, environmentId, replaces, assumed: run.begins === 'ASSUME' });
}

/** `move_slots` fails if the environment has got something else since `waitForApproval` looked. */
function approvedToReplace(run: RunSlice, { holder, environmentId, serviceIds }: Beginning) {
  const { executionId, stageExecutionId, operationId } = holder;
  if (environmentId === null || stageExecutionId === null || operationId !== null) return null;
  const over = approvalsOver(run.elements(executionId), run.element(executionId, stageExecutionId));
  if (over.length === 0) return null;
  return Object.fromEntries(serviceIds.map((id) => [id, standingOf(run, environmentId, id)?.id ?? null]));
}
