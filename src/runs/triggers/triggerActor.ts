import type { Access } from '../../access/access';
import type { Actor, ActorRef } from '../../access/actor';
import { actionsOfType } from '../../access/permission';
import { Rights } from '../../access/rights';
import { environments } from '../../catalog/environments/environments';
import type { Trigger } from '../../catalog/triggers/triggers';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';

type Acting = Pick<Trigger, 'id' | 'name' | 'applicationId' | 'definition'>;

/**
 * Actor of a trigger: it may start its target in its environments, with at most the permissions that its author has at
 * this moment. Null if the author is gone.
 */
export async function actAsTrigger(
  app: App,
  trigger: Acting,
  author: ActorRef,
  firingId: string,
): Promise<Actor | null> {
  const access = await authorNow(app, author);
  if (access === null) return null;
  const { id, name } = trigger;
  return {
    ...{ kind: 'TRIGGER', id, name, personId: access.personId, authorName: author.name, firingId },
    administrator: false,
    access: access.narrowedTo(await ownRights(app, trigger)),
  };
}

async function authorNow(app: App, { kind, id }: ActorRef): Promise<Access | null> {
  if (kind !== 'USER' && kind !== 'API_KEY') return null;
  try {
    return await app.abilities.accessNow({ kind, id });
  } catch (error) {
    if (error instanceof Refusal && error.code === 'UNAUTHENTICATED') return null;
    throw error;
  }
}

/** Rights of the trigger itself. */
async function ownRights(app: App, { id, name, applicationId, definition }: Acting): Promise<Rights> {
  const { start, environments: named } = definition;
  const inApplication = { applicationScope: 'IDS' as const, applicationIds: [applicationId] };
  const anywhere = { environmentScope: 'ALL' as const, environmentIds: [], environmentTypes: [] };
  const known = named === null ? [] : await environments.ofApplications(app.database, [applicationId]);
  const environmentIds = known.filter((one) => named?.includes(one.name)).map((one) => one.id);
  const within = named === null ? anywhere : { ...anywhere, environmentScope: 'IDS' as const, environmentIds };
  const action = start.pipeline === null ? ('EXECUTE_WORKFLOW' as const) : ('EXECUTE_PIPELINE' as const);
  const appPermissions = [
    { permissionType: 'DEPLOYMENT' as const, actions: [action], ...inApplication, ...within },
    // The right to see only decides the kind of error.
    {
      permissionType: 'ALL' as const,
      actions: actionsOfType.ALL.filter((one) => one === 'READ'),
      ...inApplication,
      ...anywhere,
    },
  ].map((grant, index) => ({ ...grant, id: `${id} ${index}`, groupId: id }));
  return new Rights([{ id, name, accountPermissions: [], appPermissions }], false, null);
}
