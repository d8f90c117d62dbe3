import { Arg, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { applications, type Application as ApplicationRow } from '../../catalog/applications/applications';
import type { Environment as EnvironmentRow } from '../../catalog/environments/environments';
import { type LabelRule, parseSelector } from '../../catalog/language/labelSelectors';
import type { DefinitionSource } from '../../catalog/language/parseDefinitions';
import { writeApplication, writeEnvironment, writeService } from '../../catalog/language/writeDocument';
import type { Service as ServiceRow } from '../../catalog/services/services';
import { tagsOfObject } from '../../catalog/tags/tags.loaders';
import { found, type Loaders } from '../../kernel/loaders';
import { Application } from '../applications/application.types';
import { Environment } from '../environments/environments.types';
import type { Context } from '../graphql/context';
import { Service } from '../services/services.types';
import { DefinitionFormat } from './definitions.types';

type Format = DefinitionSource['format'];

const DOCUMENT = 'Current definition as a document that can be applied again.';
const FORMAT = 'Format of the document.';

async function tagsOf(loaders: Loaders, id: string): Promise<Readonly<Record<string, string>>> {
  const tags = (await loaders.load(tagsOfObject, id)) ?? [];
  return Object.fromEntries(tags.map(({ name, value }) => [name, value]));
}

async function headOf(loaders: Loaders, { id, name, applicationId }: EnvironmentRow | ServiceRow) {
  const application = found(await loaders.load(applications.byId, applicationId));
  return { application: application.name, name, tags: await tagsOf(loaders, id) };
}

@Resolver(() => Application)
export class ApplicationDocumentResolver {
  @FieldResolver(() => String, { description: DOCUMENT })
  async definition(
    @Arg('format', () => DefinitionFormat, { defaultValue: 'YAML', description: FORMAT }) format: Format,
    @Root() { id, name, description }: ApplicationRow,
    @Ctx() { loaders }: Context,
  ): Promise<string> {
    return writeApplication({ name, tags: await tagsOf(loaders, id) }, { description }, format);
  }
}

@Resolver(() => Environment)
export class EnvironmentDocumentResolver {
  @FieldResolver(() => String, {
    nullable: true,
    description: `${DOCUMENT} Null if it has two conditions on one label, which a document can’t express.`,
  })
  async definition(
    @Arg('format', () => DefinitionFormat, { defaultValue: 'YAML', description: FORMAT }) format: Format,
    @Root() row: EnvironmentRow,
    @Ctx() { loaders }: Context,
  ): Promise<string | null> {
    const rules = new Map<string, LabelRule>();
    for (const selector of row.agents) {
      const [key, rule] = found(parseSelector(selector));
      if (rules.has(key)) return null;
      rules.set(key, rule);
    }
    const { type, after, variables, concurrency, description } = row;
    const agents = Object.fromEntries(rules);
    return writeEnvironment(
      await headOf(loaders, row),
      { description, type, after, variables, concurrency, agents },
      format,
    );
  }
}

@Resolver(() => Service)
export class ServiceDocumentResolver {
  @FieldResolver(() => String, { description: DOCUMENT })
  async definition(
    @Arg('format', () => DefinitionFormat, { defaultValue: 'YAML', description: FORMAT }) format: Format,
    @Root() row: ServiceRow,
    @Ctx() { loaders }: Context,
  ): Promise<string> {
    const { description, dependsOn } = row;
    return writeService(await headOf(loaders, row), { description, dependsOn }, format);
  }
}
