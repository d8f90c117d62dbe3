import type { DeploymentPlace } from '../../engine/deployment';
import type { StageExecution } from '../../engine/execution';

export const keyOf = ({ environmentId, serviceId }: DeploymentPlace): string => `${environmentId} ${serviceId}`;

/** Rows by place; the last row of each place wins. */
export const byPlace = <Row extends DeploymentPlace>(rows: readonly Row[]): Map<string, Row> =>
  new Map(rows.map((row) => [keyOf(row), row]));

/** Places that elements deploy to. */
export function placesOf(elements: readonly Pick<StageExecution, 'environmentId' | 'images'>[]): DeploymentPlace[] {
  const places = elements.flatMap(({ environmentId, images }) =>
    environmentId === null ? [] : Object.keys(images).map((serviceId) => ({ environmentId, serviceId })),
  );
  return [...byPlace(places).values()];
}
