import type { SlotHolder } from '../../engine/beginning';
import { elementGroupKey, environmentKey, runGroupKey } from '../../engine/slots';
import type { Db } from '../../kernel/database/database';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import { findHeldSlots, findTypicalDurations, findWaiting, type WaitingInGroup } from './slots.store';

/** Holders of a group, oldest first, and what waits for it, in order. */
export interface GroupState {
  readonly name: string | null;
  readonly limit: number;
  readonly holders: readonly (Pick<SlotHolder, 'executionId' | 'stageExecutionId'> & { readonly since: Date })[];
  readonly waiting: readonly (WaitingInGroup & { readonly estimate: Date | null })[];
}

async function statesOf(db: Db, keys: readonly string[]): Promise<ReadonlyMap<string, GroupState>> {
  const [held, waiting] = await Promise.all([findHeldSlots(db, keys), findWaiting(db, keys)]);
  const holders = groupBy(held, ({ groupKey }) => groupKey);
  const queues = groupBy(waiting, ({ groupKey }) => groupKey);
  const environments = [...queues.keys()].filter((key) => key.startsWith('environment ')).map((key) => key.slice(12));
  const durations = new Map((await findTypicalDurations(db, environments)).map(({ id, ms }) => [id, ms]));
  return new Map(
    keys.map((key): [string, GroupState] => {
      const [own, queue] = [holders.get(key) ?? [], queues.get(key) ?? []];
      const limit = Math.max(1, ...own.map(({ maximum }) => maximum), ...queue.map(({ maximum }) => maximum));
      const took = durations.get(key.slice(12));
      const from = own[0]?.since;
      const estimate = (position: number) =>
        took === undefined || from === undefined ? null : new Date(from.getTime() + position * took);
      return [
        key,
        {
          ...{ name: /^(?:run|element) \S+ (.*)$/s.exec(key)?.[1] ?? null, limit, holders: own },
          waiting: queue.map((one) => ({ ...one, estimate: estimate(one.position) })),
        },
      ];
    }),
  );
}

/** Slot of an environment, by id. */
export const slotOfEnvironment: BatchLoad<GroupState> = async (app, ids) => {
  const states = await statesOf(app.database, ids.map(environmentKey));
  return new Map(
    ids.flatMap((id) => states.get(environmentKey(id)) ?? []).map((state, index) => [ids[index] ?? '', state]),
  );
};

/** The named group of an application: of its workflows and environments, or of its pipelines. */
export async function readGroup(
  db: Db,
  applicationId: string,
  name: string,
  of: 'WORKFLOWS' | 'PIPELINES',
): Promise<GroupState | undefined> {
  const key = of === 'PIPELINES' ? runGroupKey(applicationId, name) : elementGroupKey(applicationId, name);
  return (await statesOf(db, [key])).get(key);
}
