import { defaultFieldResolver, type GraphQLSchema } from 'graphql';
import type { Context } from './context';
import { actionName } from '../../access/audit/actionNames';
import { audited } from '../../access/audit/audited';

/**
 * Records every field of Mutation in the audit trail, in a single place that no new mutation can bypass. It wraps the
 * schema once; a middleware would slow down every field of every list.
 */
export function auditMutations(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve = defaultFieldResolver } = field;
    const action = actionName(field.name);
    field.resolve = (source: unknown, args: Record<string, unknown>, context: Context, info) => {
      const { app, actor, request } = context;
      const input = 'input' in args && Object.keys(args).length === 1 ? args.input : args;
      const attempt = { actor, address: request.address, requestId: request.id, action, input };
      return audited(app, attempt, () => resolve(source, args, context, info) as unknown);
    };
  }
  return schema;
}
