import type { RecordedDeployment } from '../../engine/deployment';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import type { Freeze } from '../../catalog/freezes/freezes';
import { type Closed, closedAt } from '../../catalog/freezes/freezeState';
import { findFreezesAt, findStates, findValuesAt, type Moment } from './states.store';

/** A service of an environment at a moment. */
export interface ServiceState {
  readonly environmentId: string;
  readonly serviceId: string;
  /** The newest success up to then, with its image; null if there is none. */
  readonly deployment: RecordedDeployment | null;
  /** A newer deployment that was IN_PROGRESS, FAILED or UNKNOWN then. */
  readonly newer: RecordedDeployment | null;
}

export const momentKey = ({ environmentId, at }: Moment): string => `${environmentId} ${at.getTime()}`;
const momentOf = (key: string): Moment => ({
  environmentId: key.slice(0, 36),
  at: new Date(Number(key.slice(37))),
});

/** A deployment as it stood at a moment. */
function asOf(at: Date, { position: _, ...row }: RecordedDeployment & { readonly position: number }) {
  const ended = row.endedAt !== null && row.endedAt <= at;
  return ended ? row : { ...row, status: 'IN_PROGRESS' as const, endedAt: null, endNumber: null };
}

/** Services of environments at moments (`momentKey`), sorted by name. Services that were never deployed are missing. */
export const servicesAt: BatchLoad<readonly ServiceState[]> = async (app, keys) => {
  const rows = groupBy(await findStates(app.database, keys.map(momentOf)), ({ position }) => keys[position - 1] ?? '');
  return new Map(
    keys.map((key) => {
      const { environmentId, at } = momentOf(key);
      const places = groupBy(rows.get(key) ?? [], ({ serviceId }) => serviceId);
      const states = [...places].map(([serviceId, own]): ServiceState => {
        const then = own.map((row) => asOf(at, row));
        return {
          ...{ environmentId, serviceId },
          deployment: then.find(({ status }) => status === 'SUCCEEDED') ?? null,
          newer: then.find(({ status }) => status !== 'SUCCEEDED') ?? null,
        };
      });
      return [key, states];
    }),
  );
};

/** Variables of environments at moments (`momentKey`); missing if the environment did not exist yet. */
export const variablesAt: BatchLoad<Readonly<Record<string, string>>> = async (app, keys) => {
  const rows = await findValuesAt(app.database, keys.map(momentOf));
  return new Map(rows.map(({ position, variables }) => [keys[position - 1] ?? '', variables]));
};

/** Freezes that held deployments to environments back at moments (`momentKey`); missing if there was none. */
export const freezeAt: BatchLoad<Closed<Freeze>> = async (app, keys) => {
  const rows = groupBy(
    await findFreezesAt(app.database, keys.map(momentOf)),
    ({ position }) => keys[position - 1] ?? '',
  );
  return new Map(
    keys.flatMap((key) => {
      const closed = closedAt(rows.get(key) ?? [], momentOf(key).at);
      return closed === null ? [] : [[key, closed] as const];
    }),
  );
};
