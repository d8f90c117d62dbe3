import { Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { createTrustRule, deleteTrustRule, listTrustRules, updateTrustRule } from '../../access/trust/changeTrustRules';
import { newTrustRule, trustRuleChanges, trustRuleFields } from '../../access/trust/trustRules';
import { field, listOf, optional } from '../../kernel/fields';
import type { Context } from '../graphql/context';
import { Input, inputType, mutationInput, mutationPayload, objectType } from '../graphql/described.types';
import { echo } from '../graphql/mutations.types';

const claim = {
  name: field.text(
    'Name of the claim, such as `repository_owner`, or a path into nested claims, such as `ci.project`.',
  ),
  pattern: field.text('Pattern for its value. `*` matches any text. A list matches if one of its values does.'),
};
const TrustClaim = objectType('TrustClaim', 'Condition on a claim of a token.', claim);
const TrustClaimInput = inputType('TrustClaimInput', 'Condition on a claim of a token.', claim);

const TrustRule = objectType(
  'TrustRule',
  'Rule that lets a CI job sign in with its own OpenID Connect token instead of a stored key. `POST /auth/exchange` exchanges a token ' +
    'that meets the rule for a short-lived API key.',
  {
    ...trustRuleFields,
    claims: listOf(field.object(() => TrustClaim, 'Conditions on other claims, which must all be met.')),
  },
);

const claims = optional(
  listOf(field.object(() => TrustClaimInput, 'Conditions on other claims, which must all be met. At most 20.')),
);
const CreateTrustRuleInput = mutationInput('CreateTrustRuleInput', 'New trust rule.', { ...newTrustRule, claims });
const UpdateTrustRuleInput = mutationInput(
  'UpdateTrustRuleInput',
  'Changes of a trust rule. Omitted fields keep their values.',
  { ...trustRuleChanges, claims },
);
const DeleteTrustRuleInput = mutationInput('DeleteTrustRuleInput', 'Trust rule to delete.', {
  trustRuleId: field.uuid('Rule to delete.'),
});
const TrustRulePayload = mutationPayload('TrustRulePayload', 'Trust rule after the change.', {
  trustRule: field.object(() => TrustRule, 'The rule.'),
});
const DeleteTrustRulePayload = mutationPayload('DeleteTrustRulePayload', 'Result of the deletion.', {
  trustRuleId: field.uuid('ID of the deleted rule.'),
});

@Resolver(() => TrustRule)
export class TrustRulesResolver {
  @Query(() => [TrustRule], {
    nullable: true,
    description: 'Trust rules by name, at most 500. Administrators only. Errors: FORBIDDEN.',
  })
  trustRules(@Ctx() { app, actor }: Context) {
    return listTrustRules(app, actor);
  }

  @Mutation(() => TrustRulePayload, {
    description:
      'Creates a rule that lets CI jobs sign in with their own tokens. Each token can be exchanged once. The key acts with the user ' +
      'groups of the rule. Its name, which events and the audit trail show, contains the rule and the subject of the token. ' +
      'Administrators only. Example: `createTrustRule(input: {name: "shop main", issuer: "https://token.actions.githubusercontent.com", ' +
      'audience: "https://slipway.example.com", subject: "repo:octo-org/shop:ref:refs/heads/main", userGroupIds: ["…"]}) { trustRule ' +
      '{ id } }`. Errors: FORBIDDEN, INVALID_INPUT, NAME_TAKEN.',
  })
  async createTrustRule(
    @Input(CreateTrustRuleInput) input: InstanceType<typeof CreateTrustRuleInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), trustRule: await createTrustRule(app, actor, input) };
  }

  @Mutation(() => TrustRulePayload, {
    description:
      'Changes a trust rule. A change of the issuer, audience, subject, claims, groups or applications, and turning the rule off, ' +
      'revokes the keys that it issued. Administrators only. Errors: FORBIDDEN, NOT_FOUND, INVALID_INPUT, NAME_TAKEN, CONFLICT.',
  })
  async updateTrustRule(
    @Input(UpdateTrustRuleInput) input: InstanceType<typeof UpdateTrustRuleInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), trustRule: await updateTrustRule(app, actor, input) };
  }

  @Mutation(() => DeleteTrustRulePayload, {
    description:
      'Deletes a trust rule and revokes the keys that it issued. Administrators only. Errors: FORBIDDEN, NOT_FOUND.',
  })
  async deleteTrustRule(
    @Input(DeleteTrustRuleInput) input: InstanceType<typeof DeleteTrustRuleInput>,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteTrustRule(app, actor, input.trustRuleId);
    return { ...echo(input), trustRuleId: input.trustRuleId };
  }
}
