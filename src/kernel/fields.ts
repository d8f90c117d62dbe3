import type { EntitySchemaColumnOptions } from 'typeorm';

/**
 * Fields of a resource or of an input, each declared once: its TypeScript type, its column, and its name, meaning and
 * nullability in the API. `tableOf` makes tables of them, `described` and `inputOf` GraphQL classes, `ShapeOf` plain
 * types.
 */
export interface Field<T> {
  readonly type: FieldType;
  /** Undefined if the field is not part of the API. */
  readonly description: string | undefined;
  readonly column: EntitySchemaColumnOptions;
  readonly nullable: boolean;
  readonly list: boolean;
  /** Name in the API, if it differs from the property. */
  readonly name?: string;
  /** Value of an input that omits the field. */
  readonly defaultValue?: unknown;
  /** Check of an input's text in the API. */
  readonly guard?: TextGuard;
  /** Carries the type; there is no such property at run time. */
  readonly shape?: T;
}

/**
 * Check of a text in the API before a command gets it. LOOKUP: text that can't be stored finds nothing, like other
 * unknown text. CHECKED: the command reports a better error. Any other text must be storable and have at most
 * `maxLength` characters.
 */
export type TextGuard = 'LOOKUP' | 'CHECKED' | { readonly maxLength: number };

/** Name of a scalar, an enum, or a class of the API. */
export type FieldType = Scalar | EnumType<string> | (() => object);
type Scalar = 'ID' | 'String' | 'Int' | 'Float' | 'Boolean' | 'DateTime' | 'JSON';

/** Enum of the API, described once: values with their meanings. */
export interface EnumType<Value extends string> {
  readonly name: string;
  readonly description: string;
  readonly values: Readonly<Record<Value, string>>;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;
type TypeOf<F> = F extends Field<infer T> ? T : never;
type Optional<F extends Fields> = { [K in keyof F]: undefined extends TypeOf<F[K]> ? K : never }[keyof F];

/** Plain type of an object with these fields. */
export type ShapeOf<F extends Fields> = {
  readonly [K in Exclude<keyof F, Optional<F>>]: TypeOf<F[K]>;
} & { readonly [K in Optional<F>]?: TypeOf<F[K]> };

const scalar =
  <T>(type: Scalar, column: EntitySchemaColumnOptions) =>
  <U extends T = T>(description?: string): Field<U> => ({ type, description, column, nullable: false, list: false });

export const field = {
  id: scalar<string>('ID', { type: 'uuid', primary: true }),
  uuid: scalar<string>('ID', { type: 'uuid' }),
  /** An id that need not be a UUID. */
  key: scalar<string>('ID', { type: 'text' }),
  text: scalar<string>('String', { type: 'text' }),
  integer: scalar<number>('Int', { type: 'integer' }),
  bigint: scalar<number>('Float', { type: 'bigint' }),
  boolean: scalar<boolean>('Boolean', { type: 'boolean' }),
  time: scalar<Date>('DateTime', { type: 'timestamptz', precision: 3 }),
  json: scalar<unknown>('JSON', { type: 'jsonb' }),
  oneOf: <Value extends string>(type: EnumType<Value>, description?: string): Field<Value> => ({
    type,
    description,
    column: { type: 'text' },
    nullable: false,
    list: false,
  }),
  /** An object of a GraphQL class, for fields that are in no table. */
  object: <T extends object>(type: () => abstract new () => T, description: string): Field<T> =>
    graphqlField<T>(type, description),
};

/** A value of any other GraphQL type, for fields that are in no table. */
export const graphqlField = <T>(type: () => object, description: string): Field<T> => ({
  type,
  description,
  column: { type: 'jsonb' },
  nullable: false,
  list: false,
});

export const orNull = <T>(one: Field<T>): Field<T | null> => ({
  ...one,
  column: { ...one.column, nullable: true },
  nullable: true,
});

/** For inputs: may be null or omitted. */
export const optional = <T>(one: Field<T>): Field<T | null | undefined> => orNull(one);

export const listOf = <T>({ shape: _, ...one }: Field<T>): Field<readonly T[]> => ({
  ...one,
  column: { ...one.column, array: true },
  list: true,
});

/** The same property under another name in the API. */
export const named = <T>(name: string, one: Field<T>): Field<T> => ({ ...one, name });

export const guarded = <T>(guard: TextGuard, one: Field<T>): Field<T> => ({ ...one, guard });

export const withDefault = <T>(value: T, one: Field<T>): Field<T> => ({ ...one, defaultValue: value });

/** Values of an enum, in the order of their description. */
export const valuesOf = <Value extends string>({ values }: EnumType<Value>): readonly [Value, ...Value[]] =>
  Object.keys(values) as [Value, ...Value[]];
