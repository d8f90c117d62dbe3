import { unnamed } from '../../parts/definitionName';
import type {
  DeployedEnvironmentFragment,
  DeployedOneFragment,
  DeployedPastQuery,
  DeployedThenFragment,
} from './generated';

/** A deployment of now or of then. */
export type Shown = DeployedThenFragment & Partial<Pick<DeployedOneFragment, 'id' | 'drifted' | 'observed'>>;

export interface Cell {
  readonly service: string;
  /** What succeeded last. */
  readonly deployed?: Shown;
  /** A newer deployment that runs, failed, or was cut off: the machines may have either. */
  readonly unsettled?: Shown;
  /** Newer image in the environment before, which can be promoted. */
  readonly waiting?: { readonly image: string; readonly in: string; readonly since: string };
}

export interface Column {
  readonly id: string;
  readonly name: string;
  readonly isProduction: boolean;
  readonly application: { readonly id: string; readonly name: string };
  readonly freeze: { readonly name: string; readonly reason: string; readonly until: string | null } | undefined;
  readonly holder: string | undefined;
  readonly waiters: readonly string[];
  /** False if the environment did not exist at that moment. */
  readonly existed: boolean;
  readonly cells: ReadonlyMap<string, Cell>;
}

type PastEnvironment = NonNullable<DeployedPastQuery['environments']>['nodes'][number];

const base = ({ id, name, type, application }: Pick<PastEnvironment, 'id' | 'name' | 'type' | 'application'>) => ({
  id,
  name,
  isProduction: type === 'PROD',
  application: application ?? { id: '', name: unnamed('application') },
});

const frozenBy = (
  period: { until: string | null; freeze: { name: string; reason: string } } | null | undefined,
): Column['freeze'] =>
  period == null ? undefined : { name: period.freeze.name, reason: period.freeze.reason, until: period.until };

export function columnOf(environment: DeployedEnvironmentFragment): Column {
  const cells = new Map<string, Cell>();
  const put = (service: string | undefined, part: Omit<Cell, 'service'>) => {
    const name = service ?? unnamed('service');
    cells.set(name, { ...cells.get(name), ...part, service: name });
  };
  for (const deployed of environment.deployments) put(deployed.service?.name, { deployed });
  for (const unsettled of environment.unsettledDeployments) put(unsettled.service?.name, { unsettled });
  for (const { service, deployment } of environment.waitingPromotions) {
    const waiting = {
      image: deployment.image,
      in: deployment.environment?.name ?? 'the environment before',
      since: deployment.deployedAt,
    };
    put(service?.name, { waiting });
  }
  const { holder, waiting } = environment.slot;
  return {
    ...base(environment),
    freeze: frozenBy(environment.freeze.current),
    holder: holder?.execution?.id,
    waiters: waiting.flatMap(({ execution }) => execution?.id ?? []),
    existed: true,
    cells,
  };
}

export function pastColumnOf(environment: PastEnvironment): Column {
  const { stateAt } = environment;
  const cells = (stateAt?.services ?? []).map(({ service, deployment, newer }): [string, Cell] => {
    const name = service?.name ?? unnamed('service');
    return [name, { service: name, deployed: deployment ?? undefined, unsettled: newer ?? undefined }];
  });
  return {
    ...base(environment),
    freeze: frozenBy(stateAt?.freeze),
    holder: undefined,
    waiters: [],
    existed: stateAt != null,
    cells: new Map(cells),
  };
}

export interface Grid {
  readonly application: Column['application'];
  readonly columns: readonly Column[];
  readonly services: readonly string[];
}

/** One grid for each application: production last, and services by name. */
export function gridsOf(columns: readonly Column[], text: string): Grid[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const grids = new Map<string, Column[]>();
  for (const column of columns) {
    const list = grids.get(column.application.id) ?? [];
    grids.set(column.application.id, [...list, column]);
  }
  return [...grids.values()].flatMap((list): Grid[] => {
    const [first] = list;
    if (first === undefined) return [];
    const matches = (service: string) =>
      words.every((word) => `${first.application.name} ${service}`.toLowerCase().includes(word));
    const services = [...new Set(list.flatMap(({ cells }) => [...cells.keys()]))].filter(matches).sort();
    if (services.length === 0 && words.length > 0) return [];
    const sorted = [...list].sort(
      (a, b) => Number(a.isProduction) - Number(b.isProduction) || a.name.localeCompare(b.name),
    );
    return [{ application: first.application, columns: sorted, services }];
  });
}
