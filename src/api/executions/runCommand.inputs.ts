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

/** Input of a command that deploys again. */
@InputType()
export abstract class RedeployingCommandInput extends ReasonedCommandInput {
  @Field(() => Boolean, {
    nullable: true,
    description:
      'True to replace images deployed since by runs that started later. Defaults to false: the mutation then fails with ENVIRONMENT_MOVED_ON, which lists them.',
  })
  overrule?: boolean | null;
}
