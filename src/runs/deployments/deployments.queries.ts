import type { RecordedDeployment } from '../../engine/deployment';
import { nestedList } from '../../kernel/nestedList';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import { badCursor, type CursorCodec, cursorCodec } from '../../kernel/paging';
import {
  countHistories,
  findHistories,
  findOfExecutions,
  findOfRuns,
  findServiceIds,
  findStanding,
} from './deployments.store';

/** Current deployments of services in environments, and newer ones that did not succeed or are still in progress. */
export interface Standing {
  readonly current: readonly RecordedDeployment[];
  readonly unsettled: readonly RecordedDeployment[];
}

const nothing: Standing = { current: [], unsettled: [] };

const standingBy =
  (key: 'environmentId' | 'serviceId'): BatchLoad<Standing> =>
  async (app, ids) => {
    const rows = groupBy(await findStanding(app.database, key, ids), (row) => row[key]);
    return new Map(
      ids.map((id) => {
        const own = rows.get(id);
        if (own === undefined) return [id, nothing];
        const current = own.filter(({ status }) => status === 'SUCCEEDED');
        return [id, { current, unsettled: own.filter(({ status }) => status !== 'SUCCEEDED') }];
      }),
    );
  };

/** Sorted by service name. */
export const standingOfEnvironment = standingBy('environmentId');
/** Sorted by environment name. */
export const standingOfService = standingBy('serviceId');

/** All deployments of a workflow execution, in the order in which they began. */
export const deploymentsOfWorkflow: BatchLoad<RecordedDeployment[]> = async (app, ids) =>
  groupBy(await findOfExecutions(app.database, ids), (row) => row.executionId);

/** The same for a run, including restores. */
export const deploymentsOfRun: BatchLoad<RecordedDeployment[]> = async (app, ids) =>
  groupBy(await findOfRuns(app.database, ids), (row) => row.runId);

/** Service ids, by application and name. */
export const serviceIdByName: BatchLoad<string> = async (app, keys) => findServiceIds(app.database, keys);

type NumberKey = readonly [number: number];
const codec = cursorCodec('deployments', 'number');
const cursor: CursorCodec<NumberKey> = {
  encode: codec.encode,
  decode(text) {
    const key = codec.decode(text);
    if (Number.isSafeInteger(key[0]) && key[0] > 0) return key;
    throw badCursor(text);
  },
};

const history = (parentOf: (row: RecordedDeployment) => string) =>
  nestedList<RecordedDeployment, NumberKey>({
    cursor,
    keyOf: ({ number }) => [number],
    parentOf,
    find: (app, parents, { after, offset, fetch }) =>
      findHistories(app.database, parents.map(placeOf), { before: after?.[0] ?? null, offset, fetch }),
    count: async (app, parents) => {
      const counts = await countHistories(app.database, parents.map(placeOf));
      return new Map(parents.map((parent, index) => [parent, counts[index] ?? 0]));
    },
  });

const placeOf = (parent: string) => {
  const [environmentId = '', serviceId = null] = parent.split('/');
  return { environmentId, serviceId };
};

/** Pages of the deployment history of environments, newest first. */
export const historyOfEnvironment = history(({ environmentId }) => environmentId);
/** Pages of the deployment history of places: `environment/service`. */
export const historyOfPlace = history(({ environmentId, serviceId }) => `${environmentId}/${serviceId}`);
