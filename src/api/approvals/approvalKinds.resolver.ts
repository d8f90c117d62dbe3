import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Approval } from '../../engine/approval';
import { found } from '../../kernel/loaders';
import { executionById } from '../../runs/execution/executions.loaders';
import { User } from '../access/access.types';
import type { Context } from '../graphql/context';
import { shownPerson } from '../tags/configured.resolver';
import { ApprovalVariable } from './approvalKinds.types';
import { ApprovalDetails, UserGroupApprovalDetails } from './approvals.types';

@Resolver(() => ApprovalDetails)
export class ApprovalStarterResolver {
  @FieldResolver(() => User, {
    nullable: true,
    description:
      'User who started the execution, or the owner of the API key that did. Null if the key has no owner, or if the caller may not see users.',
  })
  async triggeredBy(@Root() { executionId }: Approval, @Ctx() context: Context) {
    const { cause } = found(await context.loaders.load(executionById, executionId));
    return shownPerson(context, cause.id);
  }
}

@Resolver(() => UserGroupApprovalDetails)
export class ApprovalVariablesResolver {
  @FieldResolver(() => [ApprovalVariable], { description: 'Form of the approval as names and values. See `inputs`.' })
  variables(@Root() { inputs, given }: Approval): ApprovalVariable[] {
    return inputs.map(({ name, defaultValue }) => ({ name, value: given?.[name] ?? defaultValue }));
  }
}
