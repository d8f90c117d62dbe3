import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';

@ObjectType({
  simpleResolvers: true,
  description:
    'A secret of an application or an environment: what may be known of it. Its value can’t be read by anybody; only the agent gets it that runs a job of a task which names it under `secrets`.',
})
export class Secret {
  @Field(() => ID, { description: 'Stays the same when the value is replaced.' })
  id!: string;

  @Field(() => String, {
    description: 'The name of the environment variable that commands see, such as `DEPLOY_TOKEN`.',
  })
  name!: string;

  @Field(() => Int, { description: 'How often it was set, from 1.' })
  version!: number;

  @Field(() => Date, { description: 'When the value was last set.' })
  setAt!: Date;

  @Field(() => String, { description: 'The name of who set it last, at that time.' })
  setBy!: string;

  @Field(() => ID, { description: 'The id of the user or API key that set it last.' })
  setById!: string;

  @Field(() => ID, {
    description:
      'Which key it is encrypted with, such as `5f0c2a91`: the same for all that one key encrypts. It says nothing about the key.',
  })
  keyId!: string;
}

@InputType({ description: 'A new secret, or a new value of one.' })
export class SetSecretInput extends MutationInput {
  @Field(() => ID, { description: 'The application.' })
  applicationId!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'An environment of the application: its jobs get this one in place of the application’s of the same name. Null: a secret of the application.',
  })
  environmentId?: string | null;

  @Field(() => String, {
    description:
      'Letters, digits and underscores, not beginning with a digit; none that the system or Slipway uses, like PATH.',
  })
  name!: string;

  // Its name keeps it out of the audit trail, its length too (audit/redact.ts).
  @Field(() => String, {
    description:
      'Any text of 1 to 16,384 bytes without NUL; lines are hidden one by one in logs. Fewer than 4 characters are not hidden.',
  })
  secretValue!: string;
}

@InputType({ description: 'A secret to delete.' })
export class DeleteSecretInput extends MutationInput {
  @Field(() => ID, { description: 'The application.' })
  applicationId!: string;

  @Field(() => ID, { nullable: true, description: 'The environment that it is of. Null: it is the application’s.' })
  environmentId?: string | null;

  @Field(() => String, { description: 'Its name.' })
  name!: string;
}

@InputType({ description: 'Asks for all secrets to be encrypted with the first of the configured keys.' })
export class ResealSecretsInput extends MutationInput {}

@ObjectType({ simpleResolvers: true, description: 'The secret is set.' })
export class SetSecretPayload extends MutationPayload {
  @Field(() => Secret, { description: 'As it stands now; without the value.' })
  secret!: Secret;

  @Field(() => [String], { description: 'What to know about this value: that it is too short to be hidden in logs.' })
  warnings!: string[];
}

@ObjectType({ simpleResolvers: true, description: 'The secret is gone.' })
export class DeleteSecretPayload extends MutationPayload {}

@ObjectType({ simpleResolvers: true, description: 'All secrets that could be read are encrypted with one key.' })
export class ResealSecretsPayload extends MutationPayload {
  @Field(() => ID, { description: 'The key that encrypts now. The others may go when `unreadable` is empty.' })
  keyId!: string;

  @Field(() => Int, { description: 'How many were encrypted with another one before.' })
  resealed!: number;

  @Field(() => [String], {
    description: 'Names of secrets that could not be read: set them again, or give the server their key.',
  })
  unreadable!: string[];
}
