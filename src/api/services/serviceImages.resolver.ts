import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { ServiceImage } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { serviceById } from '../../catalog/services/services.loaders';
import { Service } from './services.types';

@Resolver(() => ServiceImage)
export class ServiceImageResolver {
  @FieldResolver(() => Service, {
    nullable: true,
    description: 'The service; null when it is gone, or for a caller who may not see it.',
  })
  async service(@Root() { serviceId }: ServiceImage, @Ctx() { actor, loaders }: Context) {
    return visible(actor.access, loaders, 'Service', await loaders.load(serviceById, serviceId));
  }
}
