import { Arg, Field, Float, ID, InputType, Int, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import type { EnumType, Fields, FieldType, ShapeOf } from '../../kernel/fields';
import { TypeOf } from './abstractTypes';
import { Guard } from './guardInputs';
import { MutationInput, MutationPayload } from './mutations.types';
import { NodeInterface } from './node.types';
import { GraphQLJson } from './scalars';

type ClassOf<T extends object> = new () => T;

/** An object type of described fields. Fields without a description are not part of it. */
export function objectType<F extends Fields>(
  name: string,
  description: string,
  fields: F,
  {
    isNode = false,
    interfaces = [],
  }: { readonly isNode?: boolean; readonly interfaces?: readonly ClassOf<object>[] } = {},
): ClassOf<ShapeOf<F>> {
  const described = classNamed(name);
  const implemented = isNode ? [NodeInterface, ...interfaces] : [...interfaces];
  ObjectType(name, { simpleResolvers: true, description, implements: implemented })(described);
  return addFields<ShapeOf<F>>(described, fields);
}

/** An interface of described fields. `fallback` is the type of values whose `__typename` the schema does not know. */
export function interfaceType<F extends Fields>(
  name: string,
  description: string,
  fields: F,
  { fallback, interfaces = [] }: { readonly fallback: string; readonly interfaces?: readonly ClassOf<object>[] },
): ClassOf<ShapeOf<F>> {
  const described = classNamed(name);
  InterfaceType(name, { description, implements: [...interfaces] })(described);
  TypeOf(() => fallback)(described);
  return addFields<ShapeOf<F>>(described, fields);
}

const classNamed = (name: string): ClassOf<object> => ({ [name]: class {} })[name] as ClassOf<object>;

export function inputType<F extends Fields>(name: string, description: string, fields: F): ClassOf<ShapeOf<F>> {
  @InputType(name, { description })
  class Described {}
  return addFields<ShapeOf<F>>(Described, fields);
}

/** Input of a mutation: the fields and `clientMutationId`. */
export function mutationInput<F extends Fields>(
  name: string,
  description: string,
  fields: F,
): ClassOf<ShapeOf<F> & MutationInput> {
  @InputType(name, { description })
  class Described extends MutationInput {}
  return addFields<ShapeOf<F> & MutationInput>(Described, fields);
}

/** Payload of a mutation: the fields and `clientMutationId`. */
export function mutationPayload<F extends Fields>(
  name: string,
  description: string,
  fields: F,
): ClassOf<ShapeOf<F> & MutationPayload> {
  @ObjectType(name, { simpleResolvers: true, description })
  class Described extends MutationPayload {}
  return addFields<ShapeOf<F> & MutationPayload>(Described, fields);
}

/** The argument `input` of a mutation. */
export const Input = (type: ClassOf<object>, options: { readonly nullable?: boolean } = {}) =>
  Arg('input', () => type, { ...options, description: 'Input of the mutation.' });

const registered = new Map<EnumType<string>, Readonly<Record<string, string>>>();

/** Enum in the form that TypeGraphQL requires, registered once. */
export function enumOf<Value extends string>(type: EnumType<Value>): { readonly [V in Value]: V } {
  let values = registered.get(type);
  if (values === undefined) {
    const descriptions = Object.entries<string>(type.values);
    values = Object.fromEntries(descriptions.map(([value]) => [value, value]));
    registerEnumType(values, {
      name: type.name,
      description: type.description,
      valuesConfig: Object.fromEntries(descriptions.map(([value, description]) => [value, { description }])),
    });
    registered.set(type, values);
  }
  return values as { readonly [V in Value]: V };
}

function addFields<T extends object>(target: ClassOf<object>, fields: Fields): ClassOf<T> {
  for (const [property, { description, nullable, list, name, defaultValue, type, guard }] of Object.entries(fields)) {
    if (description === undefined) continue;
    const one = graphqlType(type);
    const options = { description, nullable, ...(defaultValue !== undefined && { defaultValue }) };
    // A simple field is read under its API name.
    const renamed = name === undefined ? {} : { name, simple: false };
    Field(() => (list ? [one()] : one()), { ...options, ...renamed })(target.prototype, property);
    if (guard !== undefined) Guard(guard)(target.prototype, property);
  }
  return target as ClassOf<T>;
}

const scalars = {
  ID: () => ID,
  String: () => String,
  Int: () => Int,
  Float: () => Float,
  Boolean: () => Boolean,
  DateTime: () => Date,
  JSON: () => GraphQLJson,
} as const;

function graphqlType(type: FieldType): () => object {
  if (typeof type === 'string') return scalars[type];
  if (typeof type === 'function') return type;
  const values = enumOf(type);
  return () => values;
}
