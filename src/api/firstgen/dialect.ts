import {
  buildASTSchema,
  getNamedType,
  getNullableType,
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLFieldResolver,
  GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  isScalarType,
  Kind,
  type ValueNode,
} from 'graphql';
import { auditedMutation, auditMutations } from '../graphql/auditMutations';
import type { Context } from '../graphql/context';
import { guardInputs } from '../graphql/guardInputs';
import { adaptations } from './adaptations';
import { type Copies, dialectText, redefined } from './dialectText';
import { epochMillis } from './epochMillis';
import { extension, extensionText } from './extension';
import { refuseNulls, strictArguments } from './relaxedArguments';

type Field = GraphQLField<unknown, Context>;
type Resolve = GraphQLFieldResolver<unknown, Context>;

/**
 * FirstGen's dialect of the one schema: its text is rewritten and extended, and its fields keep their resolvers. The
 * schema must be audited and guarded already; what the extension adds becomes both here.
 */
export function firstGenSchema(schema: GraphQLSchema): GraphQLSchema {
  const { definitions, copies } = dialectText(schema);
  const dialect = buildASTSchema(
    { kind: Kind.DOCUMENT, definitions: [...definitions, ...extensionText(definitions)] },
    { assumeValidSDL: true },
  );
  addExtension(dialect);
  auditMutations(guardInputs(dialect));
  for (const type of Object.values(dialect.getTypeMap())) copyBehavior(type.name, { dialect, schema, copies });
  return dialect;
}

function addExtension(dialect: GraphQLSchema): void {
  // Arguments that are never read may hold credentials, so the audit trail omits them.
  const read = () => ({});
  Object.assign(dialect.getType('Unsupported') ?? {}, { parseValue: read, parseLiteral: read });
  for (const [name, fields] of Object.entries(extension)) {
    const type = dialect.getType(name);
    if (!(type instanceof GraphQLObjectType)) throw new Error(`The dialect has no type ${name}.`);
    for (const [field, resolve] of Object.entries(fields)) {
      const defined = type.getFields()[field];
      if (defined === undefined) throw new Error(`The dialect has no field ${name}.${field}.`);
      defined.resolve = resolve;
    }
  }
}

interface Both {
  readonly dialect: GraphQLSchema;
  readonly schema: GraphQLSchema;
  readonly copies: Copies;
}

/** Gives a type of the dialect the behavior of its original. A type of the extension has none. */
function copyBehavior(name: string, { dialect, schema, copies }: Both): void {
  const type = dialect.getType(name);
  const original = schema.getType(copies.get(name) ?? name);
  if (type === undefined || original === undefined || name.startsWith('__')) return;
  type.extensions = original.extensions;
  if (isAbstractType(type) && isAbstractType(original)) {
    const { resolveType } = original;
    type.resolveType = resolveType && ((...given) => nameOf(resolveType(...given), copies));
  }
  if (isScalarType(type) && isScalarType(original)) {
    const { serialize, parseValue, parseLiteral } = original;
    Object.assign(type, name === 'DateTime' ? epochMillis : { serialize, parseValue, parseLiteral });
  }
  if (isEnumType(type) && isEnumType(original)) copyValues(type, original);
  if (isInputObjectType(type) && isInputObjectType(original))
    copyDefaults(Object.values(type.getFields()), original.getFields());
  if (!isObjectType(type) && !isInterfaceType(type)) return;
  if (!isObjectType(original) && !isInterfaceType(original)) return;
  const originals = original.getFields();
  for (const field of Object.values(type.getFields())) {
    const known = originals[field.name];
    if (known === undefined || redefined.has(`${name}.${field.name}`)) continue;
    field.extensions = known.extensions;
    copyDefaults(field.args, Object.fromEntries(known.args.map((arg) => [arg.name, arg])));
    field.resolve = resolverOf(name, field, known);
  }
}

/** Name in the dialect of a type that the schema resolves synchronously. */
function nameOf(name: ReturnType<GraphQLTypeResolver<unknown, unknown>>, copies: Copies) {
  const [renamed] = [...copies].find(([, original]) => original === name) ?? [];
  return renamed ?? name;
}

/** Values of an enum may differ from their names. The dialect adds values only to enums in which they do not. */
function copyValues(type: GraphQLEnumType, original: GraphQLEnumType): void {
  if (original.getValues().every(({ name, value }) => name === value)) return;
  Object.assign(type, {
    serialize: (value: unknown) => original.serialize(value),
    parseValue: (value: unknown) => original.parseValue(value),
    parseLiteral: (node: ValueNode, variables: Record<string, unknown>) => original.parseLiteral(node, variables),
  });
}

type Defaulted = { readonly name: string; defaultValue?: unknown };

/** Defaults in text were read before the values of enums were copied. */
function copyDefaults(fields: readonly Defaulted[], originals: Readonly<Record<string, Defaulted>>): void {
  for (const field of fields) {
    const known = originals[field.name];
    if (known?.defaultValue !== undefined) field.defaultValue = known.defaultValue;
  }
}

/** The original's resolver, with arguments as it expects them. A mutation that is refused here is audited, too. */
function resolverOf(type: string, field: Field, original: Field): Resolve | undefined {
  const { resolve, args } = original;
  if (resolve === undefined || !args.some(isRelaxed)) return resolve;
  const adapt = adaptations[`${type}.${field.name}`] ?? ((given) => given);
  const strictly: Resolve = (source, given, context, info) => {
    const adapted = adapt(strictArguments(given));
    refuseNulls(adapted, args);
    return resolve(source, adapted, context, info);
  };
  if (type !== 'Mutation') return strictly;
  return (source, given, context, info) => {
    try {
      return strictly(source, given, context, info);
    } catch (error) {
      const refuse = () => Promise.reject(error);
      return auditedMutation(field.name, refuse)(source, given, context, info);
    }
  };
}

/** Lists may have nulls, objects have lists, and limits have a maximum. */
const isRelaxed = ({ name, type }: GraphQLArgument): boolean =>
  name === 'limit' || isListType(getNullableType(type)) || isInputObjectType(getNamedType(type));
