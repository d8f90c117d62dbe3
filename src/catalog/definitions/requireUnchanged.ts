import { Refusal } from '../../kernel/errors';
import type { Db } from '../../kernel/database/database';
import { freezes } from '../freezes/freezes';
import { templates } from '../templates/templates';
import type { Configuration } from './configuration';
import type { AppliedDocument } from './planDocument';

/** A resource as the caller has read it. */
export interface ReadResource {
  readonly id: string;
  readonly updatedAt: Date;
}

/**
 * Refuses to overwrite what somebody else has changed meanwhile. Only resources that the documents define count, which
 * the caller may change: the refusal must not reveal others.
 */
export async function requireUnchanged(
  db: Db,
  unchanged: readonly ReadResource[],
  planned: readonly AppliedDocument[],
  configurations: ReadonlyMap<string, Configuration>,
): Promise<void> {
  if (unchanged.length === 0) return;
  const idsOf = (kind: AppliedDocument['kind']) => planned.flatMap((one) => (one.kind === kind ? (one.id ?? []) : []));
  const others = [templates, freezes].map((rows) =>
    rows.findAll(db, 'row.id = ANY ($1::uuid[])', [idsOf(rows === templates ? 'Template' : 'Freeze')]),
  );
  const rows: readonly ReadResource[] = [
    ...[...configurations.values()].flatMap(
      ({ application, environments, services, workflows, pipelines, triggers }) => [
        application,
        ...environments.values(),
        ...services.values(),
        ...[...workflows.values(), ...pipelines.values()].map(({ row }) => row),
        ...triggers.values(),
      ],
    ),
    ...(await Promise.all(others)).flat(),
  ];
  const current = new Map(rows.map(({ id, updatedAt }) => [id, updatedAt]));
  const defined = new Set(planned.map(({ id }) => id));
  for (const { id, updatedAt } of unchanged) {
    const now = defined.has(id) ? current.get(id) : undefined;
    if (now?.getTime() === updatedAt.getTime()) continue;
    const planOf = planned.find((one) => one.id === id);
    const message =
      planOf === undefined || now === undefined
        ? `The documents no longer define the resource ${id}: it was renamed or deleted meanwhile, or you may not see it.`
        : `The ${planOf.kind.toLowerCase()} "${planOf.name}" was changed at ${now.toISOString()}, after it was read.`;
    throw new Refusal('CONFLICT', message, { id });
  }
}
