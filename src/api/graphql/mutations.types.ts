import { Field, InputType, ObjectType } from 'type-graphql';

/** What every mutation of configuration takes and answers beside its own. */
@InputType()
export abstract class MutationInput {
  @Field(() => String, { nullable: true, description: 'Any text of the client’s; the payload has it again.' })
  clientMutationId?: string | null;
}

@ObjectType({ simpleResolvers: true })
export abstract class MutationPayload {
  @Field(() => String, { nullable: true, description: 'The `clientMutationId` of the input.' })
  clientMutationId!: string | null;
}

export const echo = ({ clientMutationId }: MutationInput) => ({ clientMutationId: clientMutationId ?? null });
