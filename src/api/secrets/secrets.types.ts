import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';

@ObjectType({
  simpleResolvers: true,
  description:
    'Secret of an application or environment, without its value. Nobody can read the value; only an agent gets it, ' +
    'for a job of a task that names it under `secrets`.',
})
export class Secret {
  @Field(() => ID, { description: 'Unique ID. Stays the same when the value is replaced.' })
  id!: string;

  @Field(() => String, {
    description: 'Name of the environment variable that commands get, such as `DEPLOY_TOKEN`.',
  })
  name!: string;

  @Field(() => Int, { description: 'Number of times that it was set.' })
  version!: number;

  @Field(() => Date, { description: 'Time at which the value was last set.' })
  setAt!: Date;

  @Field(() => String, { description: 'Name of the user or key that set it last, at that time.' })
  setBy!: string;

  @Field(() => ID, { description: 'ID of the user or API key that set it last.' })
  setById!: string;

  @Field(() => ID, {
    description:
      'ID of the key that encrypts it, such as `5f0c2a91`: the same for everything that one key encrypts. It reveals ' +
      'nothing about the key.',
  })
  keyId!: string;
}

@InputType({ description: 'Input of `setSecret`.' })
export class SetSecretInput extends MutationInput {
  @Field(() => ID, { description: 'ID of the application.' })
  applicationId!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'ID of an environment of the application. Its jobs get this secret instead of the application’s secret of the ' +
      'same name. Null: a secret of the application.',
  })
  environmentId?: string | null;

  @Field(() => String, {
    description:
      'Letters, digits and underscores, not beginning with a digit. Names that the system or Slipway uses, like PATH, ' +
      'are not allowed.',
  })
  name!: string;

  // Its name keeps it out of the audit trail, its length too (audit/redact.ts).
  @Field(() => String, {
    description:
      'Text of 1 to 16,384 bytes without NUL. Logs mask its lines one by one; fewer than 4 characters are not masked.',
  })
  secretValue!: string;
}

@InputType({ description: 'Input of `deleteSecret`.' })
export class DeleteSecretInput extends MutationInput {
  @Field(() => ID, { description: 'ID of the application.' })
  applicationId!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'ID of the environment that it belongs to. Null: it belongs to the application.',
  })
  environmentId?: string | null;

  @Field(() => String, { description: 'Name.' })
  name!: string;
}

@InputType({ description: 'Input of `resealSecrets`.' })
export class ResealSecretsInput extends MutationInput {}

@ObjectType({ simpleResolvers: true, description: 'Result of `setSecret`.' })
export class SetSecretPayload extends MutationPayload {
  @Field(() => Secret, { description: 'Secret as it is now, without its value.' })
  secret!: Secret;

  @Field(() => [String], { description: 'Warnings about the value: it is too short to be masked in logs.' })
  warnings!: string[];
}

@ObjectType({ simpleResolvers: true, description: 'Result of `deleteSecret`.' })
export class DeleteSecretPayload extends MutationPayload {}

@ObjectType({
  simpleResolvers: true,
  description: 'Result of `resealSecrets`: all readable secrets are encrypted with one key.',
})
export class ResealSecretsPayload extends MutationPayload {
  @Field(() => ID, {
    description: 'ID of the key that encrypts now. The others can be removed when `unreadable` is empty.',
  })
  keyId!: string;

  @Field(() => Int, { description: 'Number of secrets that were encrypted with another key before.' })
  resealed!: number;

  @Field(() => [String], {
    description: 'Names of secrets that could not be read: set them again, or give the server their key.',
  })
  unreadable!: string[];
}
