import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { createPart, updatePart } from '../../catalog/changeParts';
import { newService, serviceChanges, services } from '../../catalog/services/services';
import { partResolver } from '../applications/partResolver';
import { ServiceImage } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { Service, ServiceConnection } from './services.types';

export const ServicesResolver = partResolver({
  Node: Service,
  Connection: ServiceConnection,
  parts: services,
  newFields: newService,
  create: (app, actor, input) => createPart(app, actor, services, input),
  changes: serviceChanges,
  update: (app, actor, id, changes) => updatePart(app, actor, services, id, changes),
});

@Resolver(() => ServiceImage)
export class ServiceImageResolver {
  @FieldResolver(() => Service, {
    nullable: true,
    description: 'Service. Null if it does not exist, or if the caller may not see it.',
  })
  async service(@Root() { serviceId }: ServiceImage, @Ctx() { actor, loaders }: Context) {
    return visible(actor.access, loaders, 'Service', await loaders.load(services.byId, serviceId));
  }
}
