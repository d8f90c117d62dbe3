import {
  defaultFieldResolver,
  type GraphQLArgument,
  type GraphQLField,
  GraphQLFloat,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
  GraphQLString,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { Extensions } from 'type-graphql';
import { type InputError, invalidInput } from '../../kernel/errors';
import type { TextGuard } from '../../kernel/fields';
import { isStorable } from '../../kernel/naming';

/** Maximum length of texts by default. Commands check shorter limits. */
const MAX_LENGTH = 10_000;

/** For a field of an input with a special text. */
export const Guard = (guard: TextGuard) => Extensions({ guard });
/** For a resolver with special texts in these arguments. */
export const GuardArgs = (guards: Readonly<Record<string, TextGuard>>) => Extensions({ guards });

type Check = (value: unknown, path: string, errors: InputError[]) => void;

/**
 * Checks every argument of every field by its type, before its resolver: texts must be storable and not too long, and a
 * `Float` must be an integer, because it represents integers that `Int` can't hold. An `ID` is checked at its look-up:
 * text that is not an ID finds nothing. Additions to the schema are guarded automatically; exceptions are marked at
 * their definition.
 */
export function guardInputs(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const check = checkOfFields(field.args, guardsOf(field));
      if (check !== undefined) guard(field, check);
    }
  }
  return schema;
}

type Named = Pick<GraphQLArgument | GraphQLInputField, 'name' | 'type' | 'extensions'>;

/** Undefined if there is nothing to check, so that such fields cost nothing. */
function checkOfFields(fields: readonly Named[], guards: Readonly<Record<string, TextGuard>> = {}): Check | undefined {
  const checks = fields.flatMap(({ name, type, extensions }) => {
    const check = checkOf(type, guards[name] ?? (extensions.guard as TextGuard | undefined));
    return check === undefined ? [] : [[name, check] as const];
  });
  if (checks.length === 0) return undefined;
  return (value, path, errors) => {
    const given = value as Readonly<Record<string, unknown>>;
    for (const [name, check] of checks) {
      if (given[name] != null) check(given[name], pathOf(path, name), errors);
    }
  };
}

/** Paths begin below `input`, as in the errors of commands. */
const pathOf = (path: string, name: string): string => (path === '' || path === 'input' ? name : `${path}.${name}`);

function checkOf(type: GraphQLInputType, guard: TextGuard | undefined): Check | undefined {
  if (isNonNullType(type)) return checkOf(type.ofType, guard);
  if (isListType(type)) return checkOfList(checkOf(type.ofType, guard));
  if (isInputObjectType(type)) return checkOfFields(Object.values(type.getFields()));
  if (type === GraphQLFloat) return checkInteger;
  if (type !== GraphQLString || typeof guard === 'string') return undefined;
  return (value, path, errors) => checkText(value as string, guard?.maxLength ?? MAX_LENGTH, path, errors);
}

function checkOfList(check: Check | undefined): Check | undefined {
  if (check === undefined) return undefined;
  return (value, path, errors) => {
    for (const [index, item] of (value as unknown[]).entries()) {
      if (item != null) check(item, `${path}[${index}]`, errors);
    }
  };
}

/** The errors never contain the value, because any text may be a secret. */
function checkText(text: string, maxLength: number, field: string, errors: InputError[]): void {
  if (text.length > maxLength) {
    const message = `${field} has ${text.length} characters; at most ${maxLength} are allowed.`;
    errors.push({ field, value: null, rule: 'MAX_LENGTH', message });
  }
  if (!isStorable(text)) {
    const message = `${field} contains a NUL or an unpaired surrogate, which can’t be stored.`;
    errors.push({ field, value: null, rule: 'BAD_CHARACTER', message });
  }
}

function checkInteger(value: unknown, field: string, errors: InputError[]): void {
  if (Number.isSafeInteger(value)) return;
  const message = `${field} must be a whole number between -(2^53 - 1) and 2^53 - 1; it is ${value}.`;
  errors.push({ field, value, rule: 'INTEGER', message });
}

function guardsOf({ name, args, extensions }: GraphQLField<unknown, unknown>): Record<string, TextGuard> | undefined {
  const guards = extensions.guards as Record<string, TextGuard> | undefined;
  const unknown = Object.keys(guards ?? {}).find((one) => !args.some((arg) => arg.name === one));
  if (unknown !== undefined) throw new Error(`The field ${name} has no argument "${unknown}" to guard.`);
  return guards;
}

/** A subscription is checked once, before its stream, because its resolver runs for each event. */
function guard(field: GraphQLField<unknown, unknown>, check: Check): void {
  const name = field.subscribe ? 'subscribe' : 'resolve';
  const next = field[name] ?? defaultFieldResolver;
  field[name] = (source, args, context, info) => {
    const errors: InputError[] = [];
    check(args, '', errors);
    if (errors.length > 0) throw invalidInput(errors);
    return next(source, args, context, info);
  };
}
