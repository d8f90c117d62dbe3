import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import type { App } from '../../catalog/app';
import { applications } from '../../catalog/applications/applications';
import { createDefined, updateDefined } from '../../catalog/definitions/changeDefined';
import type { DefinedRows } from '../../catalog/definitions/definedRows.store';
import { revisionsOf } from '../../catalog/definitions/revisionPages';
import type { DefinedEntity, Revision, VariableDefinition } from '../../catalog/language/definition';
import type { DefinitionSource } from '../../catalog/language/parseDefinitions';
import type { DocumentHead } from '../../catalog/language/writeDocument';
import { readPartByName } from '../../catalog/parts.queries';
import { newPart, partChanges } from '../../catalog/resourceFields';
import { tagsOfObject } from '../../catalog/tags/tags.loaders';
import { field, optional } from '../../kernel/fields';
import { type BatchLoad, found } from '../../kernel/loaders';
import type { Page, PageArguments as PageInput } from '../../kernel/paging';
import { partResolver } from '../applications/partResolver';
import type { Context } from '../graphql/context';
import { GuardArgs } from '../graphql/guardInputs';
import { PageArguments } from '../graphql/paging.types';
import type { ResolverClass } from '../graphql/schema';
import { DefinitionFormat, DefinitionInput, RevisionConnection, RevisionType, VariableType } from './definitions.types';

type Format = DefinitionSource['format'];

interface DefinedApi<Definition> {
  readonly Node: new () => object;
  readonly Connection: new () => Page<object>;
  readonly rows: DefinedRows<Definition>;
  readonly revisionById: BatchLoad<Revision<Definition>, App>;
  readonly write: (head: DocumentHead, definition: Definition, format: Format) => string;
}

/** API of workflows or of pipelines: the API of all parts, configured by documents, with revisions. */
export function definedResolvers<Definition extends { readonly variables: readonly VariableDefinition[] }>({
  Node,
  Connection,
  rows,
  revisionById,
  write,
}: DefinedApi<Definition>): [parts: ResolverClass, own: ResolverClass] {
  const { type, table: kind } = rows;
  const { applicationId, name } = newPart(kind);
  const revisions = revisionsOf(rows);
  const currentRevision = async ({ loaders }: Context, { currentRevisionId }: DefinedEntity) =>
    found(await loaders.load(revisionById, currentRevisionId));

  @Resolver(() => Node)
  class DefinedResolver {
    @GuardArgs({ [`${kind}Name`]: 'LOOKUP' })
    @Query(() => Node, {
      name: `${kind}ByName`,
      nullable: true,
      description: `${type} by its application and name. Errors: NOT_FOUND.`,
    })
    byName(
      @Arg('applicationId', () => ID, { description: 'ID of the application.' }) applicationId: string,
      @Arg(`${kind}Name`, () => String, { description: `Name of the ${kind}.` }) name: string,
      @Ctx() { app, actor }: Context,
    ): Promise<object> {
      return readPartByName(app, actor, rows, applicationId, name);
    }

    @FieldResolver(() => [VariableType], {
      name: `${kind}Variables`,
      description: 'Variables that a start must or may give.',
    })
    async variables(@Root() row: DefinedEntity, @Ctx() context: Context) {
      return (await currentRevision(context, row)).definition.variables;
    }

    @FieldResolver(() => RevisionType, { description: 'Current revision, which the next execution gets.' })
    revision(@Root() row: DefinedEntity, @Ctx() context: Context): Promise<object> {
      return currentRevision(context, row);
    }

    @FieldResolver(() => RevisionConnection, {
      description: 'Revisions of its definition, newest first. Errors: INVALID_INPUT.',
    })
    revisions(
      @Root() { id }: DefinedEntity,
      @Args(() => PageArguments) page: PageInput,
      @Ctx() { loaders }: Context,
    ): Promise<Page<object>> {
      return revisions(loaders, id, page);
    }

    @FieldResolver(() => String, { description: 'Current definition as a document that can be applied again.' })
    async definition(
      @Arg('format', () => DefinitionFormat, { defaultValue: 'YAML', description: 'Format of the document.' })
      format: Format,
      @Root() row: DefinedEntity,
      @Ctx() context: Context,
    ): Promise<string> {
      const { definition } = await currentRevision(context, row);
      const application = found(await context.loaders.load(applications.byId, row.applicationId));
      const tags = (await context.loaders.load(tagsOfObject, row.id)) ?? [];
      const own = Object.fromEntries(tags.map(({ name, value }) => [name, value]));
      return write({ application: application.name, name: row.name, tags: own }, definition, format);
    }
  }

  const parts = partResolver({
    Node,
    Connection,
    parts: rows,
    newFields: {
      applicationId,
      name,
      definition: field.object(() => DefinitionInput, `Definition: a document of the kind ${type}.`),
    },
    create: (app, actor, input) => createDefined(app, actor, rows, input),
    changes: {
      name: partChanges.name,
      definition: optional(
        field.object(() => DefinitionInput, `New definition: a document of the kind ${type}. Null keeps it.`),
      ),
    },
    update: (app, actor, id, changes) => updateDefined(app, actor, rows, id, changes),
    moreErrors: ', INVALID_DEFINITION (`errors` lists every error)',
  });
  return [parts, DefinedResolver];
}
