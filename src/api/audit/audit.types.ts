import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { IdFilter, TimeFilter } from '../graphql/filters.types';
import { ConnectionType } from '../graphql/paging.types';
import { GraphQLJson } from '../graphql/scalars';

export enum AuditOutcomeEnum {
  ALLOWED = 'ALLOWED',
  REFUSED = 'REFUSED',
}
registerEnumType(AuditOutcomeEnum, {
  name: 'AuditOutcome',
  description: 'What came of an attempt.',
  valuesConfig: {
    ALLOWED: { description: 'It was done. The record was written in the transaction that did it.' },
    REFUSED: { description: 'It was refused, and nothing was changed by what was refused.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'Who did something, or tried to.' })
export class AuditActor {
  @Field(() => String, {
    description: '`USER`, `API_KEY`, `AGENT`, `SYSTEM`, or `ANONYMOUS` for a key that was not valid.',
  })
  kind!: string;

  @Field(() => ID, { description: 'The id of the user, key or agent.' })
  id!: string;

  @Field(() => String, { description: 'Its name at that time.' })
  name!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The user behind it, the same for all keys of a person; null where there is none.',
  })
  personId!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'What was changed, or would have been.' })
export class AuditObject {
  @Field(() => String, { description: 'What it is: `application`, `execution`, `userGroup`, …' })
  kind!: string;

  @Field(() => ID, { nullable: true, description: 'Its id; of a refused attempt as the caller wrote it.' })
  id!: string | null;

  @Field(() => String, { nullable: true, description: 'Its name at that time, where it is known.' })
  name!: string | null;

  @Field(() => ID, { nullable: true, description: 'The application that it belongs to, where there is one.' })
  applicationId!: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'Something that was done, or that somebody tried to do. Records are never changed and never removed. They hold no secrets: of texts that may be one, only the length is kept.',
})
export class AuditRecord {
  @Field(() => ID, { description: 'Given by the server.' })
  id!: string;

  @Field(() => Float, {
    nullable: true,
    description: 'Its place in the chain, from 1. Null in the first moments, until it is sealed.',
  })
  sequence!: number | null;

  @Field(() => Date, { description: 'When.' })
  at!: Date;

  @Field(() => AuditActor, { description: 'Who.' })
  actor!: AuditActor;

  @Field(() => String, {
    nullable: true,
    description: 'The network address that it came from. Behind a proxy this is the proxy.',
  })
  address!: string | null;

  @Field(() => String, { nullable: true, description: 'The `X-Request-Id`. All records of one request have the same.' })
  requestId!: string | null;

  @Field(() => String, { description: 'What, as a stable name: `execution.start`, `userGroup.update`, `login`, …' })
  action!: string;

  @Field(() => AuditObject, { nullable: true, description: 'On which object; null when the request named none.' })
  object!: AuditObject | null;

  @Field(() => AuditOutcomeEnum, { description: 'What came of it.' })
  outcome!: AuditOutcomeEnum;

  @Field(() => String, { nullable: true, description: 'The code of the refusal; null when it was allowed.' })
  code!: string | null;

  @Field(() => GraphQLJson, { nullable: true, description: 'What was asked for, without secrets and shortened.' })
  input!: unknown;

  @Field(() => GraphQLJson, { nullable: true, description: 'The object before, as far as it was recorded.' })
  before!: unknown;

  @Field(() => GraphQLJson, { nullable: true, description: 'The object after, as far as it was recorded.' })
  after!: unknown;

  @Field(() => String, { nullable: true, description: 'The hash of the record before it in the chain.' })
  previousHash!: string | null;

  @Field(() => String, { nullable: true, description: 'SHA-256 over this record, its place, and the hash before it.' })
  hash!: string | null;
}

export const AuditRecordConnection = ConnectionType(AuditRecord);

@InputType({ description: 'Restricts audit records; what is given must all hold.' })
export class AuditFilterInput {
  @Field(() => TimeFilter, { nullable: true, description: 'When.' })
  time?: TimeFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'The id of who.' })
  actor?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'The id of the object.' })
  object?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'The name of the action.' })
  action?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'The id of the application.' })
  application?: IdFilter | null;

  @Field(() => AuditOutcomeEnum, { nullable: true, description: 'What came of it.' })
  outcome?: AuditOutcomeEnum | null;
}

@ObjectType({ simpleResolvers: true, description: 'Whether the chain of audit records holds.' })
export class AuditVerification {
  @Field(() => Boolean, { description: 'True if nothing that was checked was changed, removed or put in.' })
  valid!: boolean;

  @Field(() => Float, { description: 'The first sequence that was checked.' })
  checkedFrom!: number;

  @Field(() => Float, {
    description:
      'The last sequence that was checked. A call checks at most 200,000: go on from the next one while this is less than `lastSequence`.',
  })
  checkedTo!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'The first sequence that does not hold; null when there is none.',
  })
  firstBroken!: number | null;

  @Field(() => String, { nullable: true, description: 'What is wrong, in words.' })
  problem!: string | null;

  @Field(() => Int, { description: 'How many records are not in the chain yet. They get there within seconds.' })
  unsealed!: number;

  @Field(() => Float, { description: 'The last sequence of the chain; 0 when it is empty.' })
  lastSequence!: number;

  @Field(() => String, {
    description:
      'The hash of the last link. Kept somewhere else, it proves later that the end of the chain was not cut off or written anew.',
  })
  lastHash!: string;
}
