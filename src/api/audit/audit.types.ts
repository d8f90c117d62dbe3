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
  description: 'Outcome of an attempt.',
  valuesConfig: {
    ALLOWED: { description: 'Allowed. The record was written in the same transaction.' },
    REFUSED: { description: 'Refused, without changing anything.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'User, key or agent that did or attempted something.' })
export class AuditActor {
  @Field(() => String, {
    description: 'Kind of actor: `USER`, `API_KEY`, `AGENT`, `SYSTEM`, or `ANONYMOUS` for an invalid key.',
  })
  kind!: string;

  @Field(() => ID, { description: 'ID of the user, key or agent.' })
  id!: string;

  @Field(() => String, { description: 'Name at that time.' })
  name!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'User behind the actor, the same for all keys of a person. Null if there is none.',
  })
  personId!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Object that was changed, or would have been.' })
export class AuditObject {
  @Field(() => String, { description: 'Kind of the object: `application`, `execution`, `userGroup`, …' })
  kind!: string;

  @Field(() => ID, { nullable: true, description: 'ID of the object. For a refused attempt, as the caller wrote it.' })
  id!: string | null;

  @Field(() => String, { nullable: true, description: 'Name at that time, if known.' })
  name!: string | null;

  @Field(() => ID, { nullable: true, description: 'Application of the object, if it belongs to one.' })
  applicationId!: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'Record of something that was done or attempted. Records are never changed and never removed. They contain no ' +
    'secrets: of text that may be a secret, only the length is kept.',
})
export class AuditRecord {
  @Field(() => ID, { description: 'Unique ID, assigned by the server.' })
  id!: string;

  @Field(() => Float, {
    nullable: true,
    description: 'Position in the chain, from 1. Null for the first moments, until it is sealed.',
  })
  sequence!: number | null;

  @Field(() => Date, { description: 'Time of the action.' })
  at!: Date;

  @Field(() => AuditActor, { description: 'User, key or agent.' })
  actor!: AuditActor;

  @Field(() => String, {
    nullable: true,
    description: 'Network address of the request. Behind a proxy, the address of the proxy.',
  })
  address!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Value of `X-Request-Id`. All records of one request have the same.',
  })
  requestId!: string | null;

  @Field(() => String, { description: 'Stable name of the action: `execution.start`, `userGroup.update`, `login`, …' })
  action!: string;

  @Field(() => AuditObject, { nullable: true, description: 'Object of the action. Null if the request named none.' })
  object!: AuditObject | null;

  @Field(() => AuditOutcomeEnum, { description: 'Outcome.' })
  outcome!: AuditOutcomeEnum;

  @Field(() => String, { nullable: true, description: 'Error code. Null if it was allowed.' })
  code!: string | null;

  @Field(() => GraphQLJson, { nullable: true, description: 'Input of the request, without secrets and shortened.' })
  input!: unknown;

  @Field(() => GraphQLJson, { nullable: true, description: 'Object before the action, as far as it was recorded.' })
  before!: unknown;

  @Field(() => GraphQLJson, { nullable: true, description: 'Object after the action, as far as it was recorded.' })
  after!: unknown;

  @Field(() => String, { nullable: true, description: 'Hash of the previous record in the chain.' })
  previousHash!: string | null;

  @Field(() => String, { nullable: true, description: 'SHA-256 of this record, its position, and the previous hash.' })
  hash!: string | null;
}

export const AuditRecordConnection = ConnectionType(AuditRecord);

@InputType({ description: 'Restricts audit records. All fields that are given must match.' })
export class AuditFilterInput {
  @Field(() => TimeFilter, { nullable: true, description: 'Time of the action.' })
  time?: TimeFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the ID of the actor.' })
  actor?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the ID of the object.' })
  object?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the name of the action.' })
  action?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the ID of the application.' })
  application?: IdFilter | null;

  @Field(() => AuditOutcomeEnum, { nullable: true, description: 'Outcome.' })
  outcome?: AuditOutcomeEnum | null;
}

@ObjectType({ simpleResolvers: true, description: 'Result of checking the chain of audit records.' })
export class AuditVerification {
  @Field(() => Boolean, { description: 'True if no checked record was changed, removed or inserted.' })
  valid!: boolean;

  @Field(() => Float, { description: 'First sequence that was checked.' })
  checkedFrom!: number;

  @Field(() => Float, {
    description:
      'Last sequence that was checked. A call checks at most 200,000: continue with the next one while this is less ' +
      'than `lastSequence`.',
  })
  checkedTo!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'First sequence that does not match. Null if all match.',
  })
  firstBroken!: number | null;

  @Field(() => String, { nullable: true, description: 'Explanation of the mismatch. Null if there is none.' })
  problem!: string | null;

  @Field(() => Int, { description: 'Number of records that are not in the chain yet. They are added within seconds.' })
  unsealed!: number;

  @Field(() => Float, { description: 'Last sequence of the chain. 0 if it is empty.' })
  lastSequence!: number;

  @Field(() => String, {
    description:
      'Hash of the last record. If you keep it elsewhere, it later proves that the end of the chain was neither cut ' +
      'off nor rewritten.',
  })
  lastHash!: string;
}
