import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Actor } from '../../access/actor';
import { visible } from '../../access/visible';
import type { App } from '../../catalog/app';
import { applications } from '../../catalog/applications/applications';
import { deletePart } from '../../catalog/changeParts';
import { listParts, type PartFilter, readPart } from '../../catalog/parts.queries';
import type { PartRow } from '../../catalog/resourceFields';
import type { PartRows } from '../../catalog/resources.store';
import { type Fields, field, optional, type ShapeOf } from '../../kernel/fields';
import type { Page } from '../../kernel/paging';
import type { Context } from '../graphql/context';
import { Input, inputType, mutationInput, mutationPayload } from '../graphql/described.types';
import { IdFilter } from '../graphql/filters.types';
import { echo, type MutationInput } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import type { ResolverClass } from '../graphql/schema';
import { filterByTag } from '../tags/tags.types';
import { Application } from './application.types';

interface PartApi<Row extends PartRow, New extends Fields, Changes extends Fields> {
  readonly Node: new () => object;
  readonly Connection: new () => Page<object>;
  readonly parts: PartRows<Row>;
  readonly newFields: New;
  readonly create: (app: App, actor: Actor, input: ShapeOf<New>) => Promise<Row>;
  readonly changes: Changes;
  readonly update: (app: App, actor: Actor, id: string, changes: ShapeOf<Changes>) => Promise<Row>;
  /** Error codes of create and update in addition to the common ones. */
  readonly moreErrors?: string;
  /** Filters of this kind only, and their conditions on `row`. */
  readonly filters?: Fields;
  readonly conditions?: (filter: PartFilter, field: string, parameters: unknown[]) => readonly string[];
}

export const filterById = (description: string) => optional(field.object(() => IdFilter, description));

/**
 * API of one kind of parts of an application: query by ID, list, create, update, delete, and the field `application`.
 */
export function partResolver<Row extends PartRow, New extends Fields, Changes extends Fields>(
  api: PartApi<Row, New, Changes>,
): ResolverClass {
  const { Node, Connection, parts, moreErrors = '' } = api;
  const { type, table: kind } = parts;
  const aKind = `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
  const idName = `${kind}Id`;

  const Filter = inputType(`${type}Filter`, `Filter of a list of ${kind}s. All given fields must match.`, {
    application: filterById('Filters by the ID of the application.'),
    [kind]: filterById(`Filters by the ID of the ${kind}.`),
    name: filterById('Filters by name. LIKE matches parts of names.'),
    tag: filterByTag,
    ...api.filters,
  });
  const CreateInput = mutationInput(`Create${type}Input`, `New ${kind}.`, api.newFields);
  const UpdateInput = mutationInput(`Update${type}Input`, `Changes of ${aKind}. Omitted fields keep their values.`, {
    [idName]: field.uuid(`${type} to change.`),
    ...api.changes,
  });
  const DeleteInput = mutationInput(`Delete${type}Input`, `${type} to delete.`, {
    [idName]: field.uuid(`${type} to delete.`),
  });
  const payload = (verb: string, result: string, fields: Fields) =>
    mutationPayload(`${verb}${type}Payload`, `Result of \`${verb.toLowerCase()}${type}\`: ${result}.`, fields);
  const CreatePayload = payload('Create', `the new ${kind}`, { [kind]: field.object(() => Node, `New ${kind}.`) });
  const UpdatePayload = payload('Update', `the changed ${kind}`, {
    [kind]: field.object(() => Node, `${type} after the change.`),
  });
  const DeletePayload = payload('Delete', `the ${kind} is deleted`, {});

  @Resolver(() => Node)
  class PartResolver {
    @Query(() => Node, { name: kind, nullable: true, description: `${type} by its ID. Errors: NOT_FOUND.` })
    one(
      @Arg(idName, () => ID, { description: `ID of the ${kind}.` }) id: string,
      @Ctx() { app, actor }: Context,
    ): Promise<object> {
      return readPart(app, actor, parts, id);
    }

    @Query(() => Connection, {
      name: `${kind}s`,
      description: `${type}s of all applications, sorted by name. Errors: INVALID_INPUT.`,
    })
    list(
      @Arg('filters', () => [Filter], { nullable: true, description: 'Filters that must all match.' })
      filters: PartFilter[] | null,
      @Args(() => PageArguments) page: PageArguments,
      @Ctx() { app, actor }: Context,
    ) {
      return listParts(app, actor, parts, filters ?? [], page, api.conditions);
    }

    @FieldResolver(() => Application, {
      nullable: true,
      description: 'Application that it belongs to. Null if the caller may not see it.',
    })
    async application(@Root() { applicationId }: PartRow, @Ctx() { loaders, actor }: Context) {
      return visible(actor.access, loaders, 'Application', await loaders.load(applications.byId, applicationId));
    }

    @Mutation(() => CreatePayload, {
      name: `create${type}`,
      description: `Creates ${aKind}. Errors: NOT_FOUND (the application), FORBIDDEN, INVALID_INPUT, NAME_TAKEN${moreErrors}.`,
    })
    async create(@Input(CreateInput) input: ShapeOf<New> & MutationInput, @Ctx() { app, actor }: Context) {
      return { ...echo(input), [kind]: await api.create(app, actor, input) };
    }

    @Mutation(() => UpdatePayload, {
      name: `update${type}`,
      description:
        `Changes ${aKind}. A rename also updates the workflows and pipelines that refer to it, as new revisions. ` +
        `Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT, NAME_TAKEN${moreErrors}.`,
    })
    async update(
      @Input(UpdateInput) input: ShapeOf<Changes> & MutationInput & { readonly [id: string]: unknown },
      @Ctx() { app, actor }: Context,
    ) {
      return { ...echo(input), [kind]: await api.update(app, actor, String(input[idName]), input) };
    }

    @Mutation(() => DeletePayload, {
      name: `delete${type}`,
      description:
        `Deletes ${aKind}. Past executions and deployments stay readable. ` +
        'Errors: NOT_FOUND, FORBIDDEN, IN_USE (`usedBy` lists the resources that refer to it and that the caller may see).',
    })
    async delete(
      @Input(DeleteInput) input: MutationInput & { readonly [id: string]: unknown },
      @Ctx() { app, actor }: Context,
    ) {
      await deletePart(app, actor, parts, String(input[idName]));
      return echo(input);
    }
  }
  return PartResolver;
}
