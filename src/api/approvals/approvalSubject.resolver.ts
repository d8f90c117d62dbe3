import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { environments } from '../../catalog/environments/environments';
import { services } from '../../catalog/services/services';
import type { SubjectElement } from '../../engine/approval';
import { Environment } from '../environments/environments.types';
import type { Context } from '../graphql/context';
import { Service } from '../services/services.types';
import { SubjectElementType, SubjectService } from './approvalSubject.types';

@Resolver(() => SubjectElementType)
export class SubjectElementResolver {
  @FieldResolver(() => Environment)
  async environment(@Root() { environmentId }: SubjectElement, @Ctx() { loaders, actor }: Context) {
    if (environmentId === null) return null;
    return visible(actor.access, loaders, 'Environment', await loaders.load(environments.byId, environmentId));
  }

  @FieldResolver(() => [SubjectService])
  services(@Root() { images, replaces }: SubjectElement) {
    return Object.entries(images).map(([serviceId, image]) => ({
      serviceId,
      image,
      replaces: replaces[serviceId] ?? null,
    }));
  }

  @FieldResolver(() => [Object])
  variables(@Root() { variables }: SubjectElement) {
    return Object.entries(variables)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ name, value }));
  }
}

@Resolver(() => SubjectService)
export class SubjectServiceResolver {
  @FieldResolver(() => Service)
  async service(@Root() { serviceId }: SubjectService, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Service', await loaders.load(services.byId, serviceId));
  }
}
