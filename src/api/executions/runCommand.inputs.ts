import { Field, InputType, Int } from 'type-graphql';
import { MutationInput } from '../graphql/mutations.types';

/** What every command on a run takes besides what is its own. */
@InputType()
export abstract class RunCommandInput extends MutationInput {
  @Field(() => Int, {
    nullable: true,
    description: '`version` of the execution that the caller saw. CONFLICT if the execution has changed since.',
  })
  expectedVersion?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Unique within the application; 1 to 200 characters. The same key with the same request returns what the first request returned and changes nothing. ' +
      'With another request it is refused with IDEMPOTENCY_CONFLICT. Use it to repeat a request whose answer was lost.',
  })
  idempotencyKey?: string | null;
}

/** A command that a person gives a reason for. */
@InputType()
export abstract class ReasonedCommandInput extends RunCommandInput {
  @Field(() => String, { nullable: true, description: 'Shown with the execution; at most 5,000 characters.' })
  reason?: string | null;
}
