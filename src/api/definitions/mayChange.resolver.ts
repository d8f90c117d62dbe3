import { Arg, Ctx, FieldResolver, ID, Resolver, Root } from 'type-graphql';
import type { Actor } from '../../access/actor';
import { subjectFor } from '../../access/visible';
import { readApplication } from '../../catalog/applications/applications.queries';
import { configurationOf } from '../../catalog/definitions/configuration';
import { environments } from '../../catalog/environments/environments';
import { requireFreeze } from '../../catalog/freezes/freezes.queries';
import { readPart } from '../../catalog/parts.queries';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { services } from '../../catalog/services/services';
import { requireTemplate } from '../../catalog/templates/templates.queries';
import { requireMayStartIn } from '../../catalog/triggers/changeTriggers';
import { requireTrigger } from '../../catalog/triggers/triggers.queries';
import { workflows } from '../../catalog/workflows/workflows';
import { notFound, refusalOf } from '../../kernel/errors';
import { found, load } from '../../kernel/loaders';
import type { App } from '../../runs/app';
import { findNodeType, type NodeType } from '../../runs/views/nodes.queries';
import { PermissionAnswer, Viewer } from '../access/viewerPermissions.resolver';
import type { Context } from '../graphql/context';

/** Throws what a change of the resource would throw for the lack of rights. */
type Check = (app: App, actor: Actor, id: string) => Promise<void>;

/** Of what documents define. */
const checks: Readonly<Partial<Record<NodeType, Check>>> = {
  Application: async (app, actor, id) =>
    actor.access.require('UPDATE', 'Application', await readApplication(app, actor, id)),
  Environment: async (app, actor, id) =>
    actor.access.require('UPDATE', 'Environment', await readPart(app, actor, environments, id)),
  Service: async (app, actor, id) =>
    actor.access.require('UPDATE', 'Service', await readPart(app, actor, services, id)),
  async Workflow(app, actor, id) {
    const row = await readPart(app, actor, workflows, id);
    actor.access.require('UPDATE', 'Workflow', await subjectFor(app, 'Workflow', row));
  },
  async Pipeline(app, actor, id) {
    const row = await readPart(app, actor, pipelines, id);
    actor.access.require('UPDATE', 'Pipeline', await subjectFor(app, 'Pipeline', row));
  },
  async Template(app, actor, id) {
    const { applicationId } = await requireTemplate(app.database, actor, id);
    if (applicationId === null) actor.access.requireAccount('MANAGE_TEMPLATES');
    else actor.access.require('UPDATE', 'Application', { id: applicationId });
  },
  async Trigger(app, actor, id) {
    const trigger = await requireTrigger(app.database, actor, id);
    requireMayStartIn(found(await load(app, configurationOf, trigger.applicationId)), actor, trigger);
  },
  async Freeze(app, actor, id) {
    await requireFreeze(app.database, actor, id);
    actor.access.requireAccount('MANAGE_FREEZES');
  },
};

@Resolver(() => Viewer)
export class MayChangeResolver {
  @FieldResolver(() => PermissionAnswer, {
    description:
      'Checks whether the caller may change a resource that documents define, by its ID: an application, environment, service, workflow, pipeline, ' +
      'template, trigger or freeze. A change that aims at other environments may need more permissions.',
  })
  async mayChange(
    @Arg('id', () => ID, { description: 'ID of the resource.' }) id: string,
    @Root() viewer: Actor,
    @Ctx() { app }: Context,
  ): Promise<InstanceType<typeof PermissionAnswer>> {
    const type = await findNodeType(app.database, id);
    const check = type === undefined ? undefined : checks[type];
    const refusal = await refusalOf(async () => {
      if (check === undefined) throw notFound('definition', id);
      await check(app, viewer, id);
    });
    if (refusal === null) return { allowed: true, code: null, message: null };
    return { allowed: false, code: refusal.code, message: refusal.message };
  }
}
