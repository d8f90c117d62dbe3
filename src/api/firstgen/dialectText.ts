import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  type NamedTypeNode,
  type NameNode,
  type ObjectTypeDefinitionNode,
  parse,
  printSchema,
  type TypeDefinitionNode,
  type TypeNode,
  visit,
} from 'graphql';

/** Names of the dialect's types that are copies of a type of the schema. */
export type Copies = ReadonlyMap<string, string>;

/** Mutations whose payload has a name of its own in FirstGen, and is shared in the schema. */
const ownPayloads = [
  'addAccountPermission',
  'addAppPermission',
  'addUserToUserGroup',
  'createUser',
  'createUserGroup',
  'deleteUser',
  'deleteUserGroup',
  'removeUserFromUserGroup',
  'updateUser',
  'updateUserGroup',
];
const ownInputs = ['addAccountPermission', 'addUserToUserGroup', 'removeUserFromUserGroup'];

/** Arguments and input fields that may be null in FirstGen. A null is refused when the field is executed. */
const nullable = new Set([
  'Mutation.resumeExecution.input',
  'Mutation.updateUserGroupPermissions.input',
  'AddAppPermissionInput.appPermission',
  'AddAccountPermissionInput.accountPermission',
  'ServiceInput.image',
]);

/**
 * Types of the schema whose names FirstGen uses for others: the type, its name in the dialect, and the name that the
 * type with that name gets.
 */
const exchanged = [
  ['SecretDetails', 'Secret', 'EnvironmentSecret'],
  ['CollectedArtifact', 'Artifact', 'JobArtifact'],
  ['CollectedArtifactConnection', 'ArtifactConnection', 'JobArtifactConnection'],
  ['CollectedArtifactEdge', 'ArtifactEdge', 'JobArtifactEdge'],
] as const;

/** Fields that the extension defines anew, because their types differ. */
export const redefined: ReadonlySet<string> = new Set(['User.userGroups', 'UserGroup.users']);

/**
 * Rewrites the schema as text: IDs are strings, elements of lists in arguments may be null, and payloads and inputs
 * have FirstGen's names. There are no subscriptions, because the dialect is served over plain HTTP only.
 */
export function dialectText(schema: GraphQLSchema): {
  readonly definitions: DefinitionNode[];
  readonly copies: Copies;
} {
  const copies = new Map<string, string>();
  const names = new Map([['ID', 'String']]);
  for (const [type, name, displaced] of exchanged) {
    if (schema.getType(type) === undefined) continue;
    names.set(type, name).set(name, displaced);
    copies.set(name, type).set(displaced, name);
  }
  const text: DocumentNode = visit(parse(printSchema(schema), { noLocation: true }), {
    NamedType: ({ name }) => renamed(named(name.value), names),
    ObjectTypeDefinition: (node) => renamed(node, names),
    InterfaceTypeDefinition: (node) => renamed(node, names),
  });
  const types = text.definitions.filter((one) => !isTypeDefinitionNode(one) || one.name.value !== 'Subscription');
  const byName = new Map(types.filter(isTypeDefinitionNode).map((one) => [one.name.value, one]));

  /** Copies a type under the name that FirstGen has for it. */
  function copyOf(node: TypeNode, name: string): TypeNode {
    const original = namedTypeOf(node).name.value;
    const definition = byName.get(original);
    if (original === name || definition === undefined || byName.has(name)) return node;
    copies.set(name, original);
    const copy = { ...definition, name: { kind: Kind.NAME, value: name } } as DefinitionNode;
    types.push(copy);
    byName.set(name, copy as TypeDefinitionNode);
    return replaceName(node, name);
  }

  const mutation = byName.get('Mutation') as ObjectTypeDefinitionNode;
  const fields = (mutation.fields ?? []).map((field) => {
    const { value: name } = field.name;
    const prefix = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const type = ownPayloads.includes(name) ? copyOf(field.type, `${prefix}Payload`) : field.type;
    const args = ownInputs.includes(name)
      ? field.arguments?.map((arg) => ({ ...arg, type: copyOf(arg.type, `${prefix}Input`) }))
      : field.arguments;
    return { ...field, type, ...(args && { arguments: args }) };
  });
  const definitions = types.map((one) => (one === mutation ? { ...mutation, fields } : one));
  return { definitions: definitions.map(relax), copies };
}

/** Makes elements of lists in arguments nullable, and removes the fields that the extension defines. */
function relax(definition: DefinitionNode): DefinitionNode {
  const relaxed = (path: string) => (input: InputValueDefinitionNode) => {
    const isNullable = nullable.has(`${path}.${input.name.value}`);
    const type = isNullable && input.type.kind === Kind.NON_NULL_TYPE ? input.type.type : input.type;
    return { ...input, type: nullableElements(type) };
  };
  switch (definition.kind) {
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return { ...definition, fields: definition.fields?.map(relaxed(definition.name.value)) ?? [] };
    case Kind.SCALAR_TYPE_DEFINITION:
      return definition.name.value === 'DateTime' ? { ...definition, ...dateTime } : definition;
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION: {
      const { value: name } = definition.name;
      const kept = definition.fields?.filter((field) => !redefined.has(`${name}.${field.name.value}`)) ?? [];
      const fields = kept.map(
        (field): FieldDefinitionNode => ({
          ...field,
          arguments: field.arguments?.map(relaxed(`${name}.${field.name.value}`)) ?? [],
        }),
      );
      return { ...definition, fields };
    }
    default:
      return definition;
  }
}

function nullableElements(type: TypeNode): TypeNode {
  if (type.kind === Kind.NON_NULL_TYPE) return { ...type, type: nullableElements(type.type) as NamedTypeNode };
  if (type.kind !== Kind.LIST_TYPE) return type;
  const element = type.type.kind === Kind.NON_NULL_TYPE ? type.type.type : type.type;
  return { ...type, type: nullableElements(element) };
}

const named = (name: string): NamedTypeNode => ({ kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } });

/** Undefined if the name stays, as a visitor expects. */
function renamed<T extends { readonly name: NameNode }>(node: T, names: ReadonlyMap<string, string>): T | undefined {
  const value = names.get(node.name.value);
  return value === undefined ? undefined : { ...node, name: { kind: Kind.NAME, value } };
}

function namedTypeOf(type: TypeNode): NamedTypeNode {
  return type.kind === Kind.NAMED_TYPE ? type : namedTypeOf(type.type);
}

function replaceName(type: TypeNode, name: string): TypeNode {
  if (type.kind === Kind.NAMED_TYPE) return named(name);
  return { ...type, type: replaceName(type.type, name) } as TypeNode;
}

const dateTime = {
  description: {
    kind: Kind.STRING as const,
    value: 'Point in time in milliseconds since 1970-01-01T00:00:00Z. Arguments may also give it as text of digits.',
  },
  directives: [] as ConstDirectiveNode[],
};
