import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Environment, EnvironmentVariable } from '../environments/environments.types';
import { ComparedValue } from '../views/comparisons.types';
import { FreezePeriod } from '../freezes/freezes.types';
import { Service } from '../services/services.types';
import { Deployment } from './deployments.types';

@ObjectType({ description: 'Service of an environment at a moment.' })
export class ServiceState {
  @Field(() => Service, { nullable: true, description: 'Service. Null if the caller may not see it.' })
  service?: object | null;

  @Field(() => Deployment, {
    nullable: true,
    description: 'Deployment that had succeeded last, with its image, run and actor. Null if none had.',
  })
  deployment!: object | null;

  @Field(() => Deployment, {
    nullable: true,
    description:
      'Newer deployment that was IN_PROGRESS, FAILED or UNKNOWN at that moment: the machines may have differed from the record. Its `status` is the one of that moment.',
  })
  newer!: object | null;
}

@ObjectType({
  description: 'State of an environment at a moment, from the history of its deployments, its variables and freezes.',
})
export class EnvironmentState {
  @Field(() => Date, { description: 'Moment. The present if a time in the future was asked for.' })
  at!: Date;

  @Field(() => [ServiceState], { description: 'Services that had been deployed, or were being deployed, by name.' })
  services?: object[];

  @Field(() => [EnvironmentVariable], { description: 'Variables that the environment had, sorted by name.' })
  variables?: object[];

  @Field(() => FreezePeriod, {
    nullable: true,
    description:
      'Freeze that held deployments back at that moment, as it was then. Null if they could begin. Overrides and exceptions are not considered.',
  })
  freeze?: object | null;
}

@ObjectType({ simpleResolvers: true, description: 'Environment at a moment.' })
export class EnvironmentMoment {
  @Field(() => Environment, { description: 'Environment.' })
  environment!: object;

  @Field(() => Date, { description: 'Moment.' })
  at!: Date;
}

export enum ComparedSide {
  A = 'A',
  B = 'B',
}
registerEnumType(ComparedSide, {
  name: 'ComparedSide',
  description: 'Side of a comparison.',
  valuesConfig: { A: { description: 'First side.' }, B: { description: 'Second side.' } },
});

@ObjectType({
  simpleResolvers: true,
  description:
    'Service of two environments. Only services whose images differ are listed, unless `includeEqual` is given.',
})
export class ComparedService {
  @Field(() => String, { description: 'Name of the service, by which the two sides are matched.' })
  name!: string;

  @Field(() => Deployment, { nullable: true, description: 'Deployment in `a`. Null if it had none.' })
  a!: object | null;

  @Field(() => Deployment, { nullable: true, description: 'Deployment in `b`. Null if it had none.' })
  b!: object | null;

  @Field(() => ComparedSide, {
    nullable: true,
    description:
      'Side with the newer image: the one whose first deployment to any environment came later. Null if one side has no image.',
  })
  newer!: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'Secret of two environments. Only those that one of them lacks are listed, unless `includeEqual` is given.',
})
export class ComparedSecret {
  @Field(() => String, { description: 'Name of the secret.' })
  name!: string;

  @Field(() => Boolean, { description: 'True if `a` has it.' })
  a!: boolean;

  @Field(() => Boolean, { description: 'True if `b` has it.' })
  b!: boolean;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Differences between two environments, or between two moments of one.',
})
export class EnvironmentComparison {
  @Field(() => EnvironmentMoment, { description: 'First side.' })
  a!: object;

  @Field(() => EnvironmentMoment, { description: 'Second side.' })
  b!: object;

  @Field(() => [ComparedService], {
    description: 'Services whose images differ, by name. Services that the caller may not see are not compared.',
  })
  services!: object[];

  @Field(() => [ComparedValue], { description: 'Variables that differ, by name. At most 500.' })
  variables!: object[];

  @Field(() => [ComparedSecret], {
    description: 'Secrets of the environments that only one of them has, as of now. Values are not compared.',
  })
  secrets!: object[];
}
