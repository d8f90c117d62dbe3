import { type GraphQLArgument, type GraphQLInputType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import { type InputError, invalidInput } from '../../kernel/errors';
import { largestLimit } from '../../kernel/paging';

type Args = Readonly<Record<string, unknown>>;

/**
 * Arguments of the dialect, as the resolvers of the one schema expect them. A null in a list of filters restricts
 * nothing, and a larger limit than the largest is the largest: FirstGen's clients page by `pageInfo`.
 */
export function strictArguments(args: Args): Args {
  const { filters, limit } = args;
  return {
    ...args,
    ...(Array.isArray(filters) && { filters: filters.filter((filter) => filter !== null) }),
    ...(typeof limit === 'number' && limit > largestLimit && { limit: largestLimit }),
  };
}

/** Refuses nulls that the dialect's types allow and the arguments of the one schema do not. */
export function refuseNulls(args: Args, strict: readonly GraphQLArgument[]): void {
  const errors: InputError[] = [];
  for (const { name, type } of strict) check(args[name], type, name === 'input' ? '' : name, errors);
  if (errors.length > 0) throw invalidInput(errors);
}

function check(value: unknown, type: GraphQLInputType, path: string, errors: InputError[]): void {
  if (isNonNullType(type)) {
    const field = path || 'input';
    if (value != null) check(value, type.ofType, path, errors);
    else errors.push({ field, value: null, rule: 'REQUIRED', message: `${field} must be given and must not be null.` });
  } else if (value == null) {
    return;
  } else if (isListType(type)) {
    for (const [index, item] of (value as unknown[]).entries()) check(item, type.ofType, `${path}[${index}]`, errors);
  } else if (isInputObjectType(type)) {
    for (const { name, type: inner, defaultValue } of Object.values(type.getFields())) {
      const given = (value as Args)[name];
      if (given === undefined && defaultValue !== undefined) continue;
      check(given, inner, path === '' ? name : `${path}.${name}`, errors);
    }
  }
}
