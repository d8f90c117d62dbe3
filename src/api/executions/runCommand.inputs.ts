import { Field, InputType, Int } from 'type-graphql';
import { MutationInput } from '../graphql/mutations.types';

/** Common input of every command on a run. */
@InputType()
export abstract class RunCommandInput extends MutationInput {
  @Field(() => Int, {
    nullable: true,
    description:
      '`version` of the execution as the caller last read it. Fails with CONFLICT if the execution has changed since.',
  })
  expectedVersion?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Key that makes the request idempotent: 1 to 200 characters, unique within the application. The same key with ' +
      'the same request returns the first result and changes nothing; with another request it fails with ' +
      'IDEMPOTENCY_CONFLICT. Use it to repeat a request whose response was lost.',
  })
  idempotencyKey?: string | null;
}

/** Input of a command with a reason. */
@InputType()
export abstract class ReasonedCommandInput extends RunCommandInput {
  @Field(() => String, { nullable: true, description: 'Reason, shown with the execution. At most 5,000 characters.' })
  reason?: string | null;
}

@InputType({
  description:
    'Override of freezes. Requires the permission OVERRIDE_FREEZE for each environment that will be deployed to.',
})
export class OverrideFreezeInput {
  @Field(() => String, {
    description: 'Reason, recorded with the attempt and on the audit trail: 1 to 5,000 characters.',
  })
  reason!: string;
}

export const OVERRIDE_FREEZE =
  'Override of freezes: elements of this attempt begin in spite of them. Defaults to none: they wait, or the mutation fails with ENVIRONMENT_FROZEN.';

/** Input of a command that deploys again. */
@InputType()
export abstract class RedeployingCommandInput extends ReasonedCommandInput {
  @Field(() => Boolean, {
    nullable: true,
    description:
      'True to replace images deployed since by runs that started later. Defaults to false: the mutation then fails with ENVIRONMENT_MOVED_ON, which lists them.',
  })
  overrule?: boolean | null;

  @Field(() => OverrideFreezeInput, { nullable: true, description: OVERRIDE_FREEZE })
  overrideFreeze?: OverrideFreezeInput | null;
}
