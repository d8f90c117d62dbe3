import type { Extension, Resolve } from './extensionPart';
import { emptyPage } from './pages';
import { refuse } from './unsupported';

interface Absent {
  /** Name of the type, such as `CloudProvider`. */
  readonly type: string;
  /** One of them in full, and in the descriptions of its arguments. */
  readonly one: string;
  readonly short: string;
  readonly plural: string;
  /** The reason in a few words. */
  readonly absence: string;
  /** True if FirstGen finds it by name, too. */
  readonly byName: boolean;
  /** Fields of its filter besides the ID. */
  readonly filters?: string;
}

interface Changeable extends Absent {
  /** Reason of the refusals, with the way to go instead. */
  readonly reason: string;
  /** Message with which FirstGen's clients recognize that it does not exist. */
  readonly missing: string;
  /** Fields of the inputs of its mutations. */
  readonly details: string;
}

const fieldOf = (type: string): string => `${type.charAt(0).toLowerCase()}${type.slice(1)}`;

/** Queries for a resource that Slipway does not have: they find nothing. */
export function absentQueries({ type, short, plural, absence, byName, filters = '' }: Absent) {
  const field = fieldOf(type);
  const text = /* GraphQL */ `
    extend type Query {
      "Always null: ${absence}."
      ${field}("ID of the ${short}." ${field}Id: String!): ${type}
      ${byName ? `"Always null: ${absence}." ${field}ByName("Name of the ${short}." name: String!): ${type}` : ''}
      "Always empty: ${absence}."
      ${field}s(
        "Filters that must all match."
        filters: [${type}Filter]
        "Maximum number of nodes."
        limit: Int!
        "Number of nodes to skip."
        offset: Int
      ): ${type}Connection
    }
    "Page of a list of ${plural}."
    type ${type}Connection {
      "Nodes of this page."
      nodes: [${type}]
      "Position of this page in the list."
      pageInfo: PageInfo
    }
    "Filter of ${plural}."
    input ${type}Filter {
      "By ID."
      ${field}: IdFilter
      ${filters}
    }
  `;
  const none = () => null;
  const resolvers: Record<string, Resolve> = { [field]: none, [`${field}s`]: emptyPage };
  if (byName) resolvers[`${field}ByName`] = none;
  return { text, resolvers: { Query: resolvers } } satisfies Extension;
}

/** Queries and mutations for a resource that Slipway does not have, and the filter by its type. */
export function absentResource(absent: Changeable) {
  const { type, one, short, absence, reason, missing, details } = absent;
  const field = fieldOf(type);
  const title = `${one.charAt(0).toUpperCase()}${one.slice(1)}`;
  const verbs = ['create', 'update', 'delete'] as const;
  const queries = absentQueries({ ...absent, filters: `"By type." ${field}Type: ${type}TypeFilter` });
  const nameOf = (verb: string) => `${verb.charAt(0).toUpperCase()}${verb.slice(1)}${type}`;
  const mutation = (verb: string) => `
    "Not supported: ${absence}. Errors: UNSUPPORTED."
    ${verb}${type}("Input." input: ${nameOf(verb)}Input!): ${nameOf(verb)}Payload`;
  const payload = (verb: string) => `
    "Result of \`${verb}${type}\`."
    type ${nameOf(verb)}Payload { clientMutationId: String ${verb === 'delete' ? '' : `${field}: ${type}`} }`;
  const id = `"ID of the ${short}." ${field}Id: String!`;
  const text = /* GraphQL */ `
    ${queries.text}
    extend type Mutation { ${verbs.map(mutation).join('\n')} }
    ${verbs.map(payload).join('\n')}
    "Filter by the type of a ${one}."
    input ${type}TypeFilter {
      "Comparison."
      operator: EnumOperator
      "Values to compare with."
      values: [${type}Type]
    }
    "${title} to create."
    input Create${type}Input { ${details} }
    "${title} to change."
    input Update${type}Input { ${id} ${details} }
    "${title} to delete."
    input Delete${type}Input {
      ${id}
      "Text that the payload repeats."
      clientMutationId: String
    }
  `;
  const because = (verb: string) => (verb === 'create' ? reason : `${missing}. ${reason}`);
  const refusals = verbs.map((verb) => [`${verb}${type}`, refuse(`${verb}${type}`, because(verb))] as const);
  return { text, resolvers: { ...queries.resolvers, Mutation: Object.fromEntries(refusals) } } satisfies Extension;
}
