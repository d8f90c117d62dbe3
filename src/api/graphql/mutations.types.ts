import { Field, InputType, ObjectType } from 'type-graphql';

/** Common part of the inputs and payloads of all mutations. */
@InputType()
export abstract class MutationInput {
  @Field(() => String, { nullable: true, description: 'Client-defined text, returned unchanged in the payload.' })
  clientMutationId?: string | null;
}

@ObjectType({ simpleResolvers: true })
export abstract class MutationPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;
}

export const echo = ({ clientMutationId }: MutationInput) => ({ clientMutationId: clientMutationId ?? null });
