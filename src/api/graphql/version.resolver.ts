import { Query, Resolver } from 'type-graphql';
import { version } from '../../../package.json';

@Resolver()
export class VersionResolver {
  @Query(() => String, { description: 'Version of this server.' })
  version(): string {
    return version;
  }
}
