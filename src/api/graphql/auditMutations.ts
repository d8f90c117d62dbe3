import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import type { Context } from './context';
import { actionName } from '../../access/audit/actionNames';
import { audited } from '../../access/audit/audited';

/**
 * Records every field of Mutation in the audit trail, in a single place that no new mutation can bypass. It wraps the
 * schema once; a middleware would slow down every field of every list.
 */
export function auditMutations(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    field.resolve = auditedMutation(field.name, field.resolve ?? defaultFieldResolver);
  }
  return schema;
}

export function auditedMutation(
  name: string,
  resolve: GraphQLFieldResolver<unknown, Context>,
): GraphQLFieldResolver<unknown, Context> {
  const action = actionName(name);
  return (source, args: Record<string, unknown>, context, info) => {
    const { app, actor, request } = context;
    const input = 'input' in args && Object.keys(args).length === 1 ? args.input : args;
    const attempt = { actor, address: request.address, requestId: request.id, action, input };
    return audited(app, attempt, () => resolve(source, args, context, info) as unknown);
  };
}
