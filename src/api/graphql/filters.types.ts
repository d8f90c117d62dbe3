import { Field, InputType } from 'type-graphql';
import { type EnvironmentType as EnvironmentTypeName, environmentType } from '../../access/permission';
import * as kernel from '../../kernel/filters';
import { Guard } from './guardInputs';
import { enumOf } from './described.types';
import { GraphQLDateTime, GraphQLNumber } from './scalars';

const IdOperator = enumOf(kernel.idOperator);
const TimeOperator = enumOf(kernel.timeOperator);
const NumericOperator = enumOf(kernel.numericOperator);
const EnumOperator = enumOf(kernel.enumOperator);
export const EnvironmentType = enumOf(environmentType);

@InputType({ description: 'Filter by an ID, a name or a status. One value may be given without brackets.' })
export class IdFilter implements kernel.IdFilter {
  @Field(() => IdOperator, { description: 'Comparison.' })
  operator!: kernel.IdOperator;

  @Guard('LOOKUP')
  @Field(() => [String], {
    nullable: 'items',
    description: 'Values to compare with. Null values are refused. Text that is not a valid ID matches no ID.',
  })
  values!: (string | null)[];
}

@InputType({ description: 'Filter by a time. Give two filters (AFTER and BEFORE) for a range.' })
export class TimeFilter implements kernel.TimeFilter {
  @Field(() => TimeOperator, { description: 'Comparison.' })
  operator!: kernel.TimeOperator;

  @Field(() => GraphQLDateTime, { description: 'Time to compare with.' })
  value!: Date;
}

@InputType({ description: 'Filter by a number.' })
export class NumberFilter implements kernel.NumberFilter {
  @Field(() => NumericOperator, { description: 'Comparison.' })
  operator!: kernel.NumericOperator;

  @Field(() => [GraphQLNumber], {
    nullable: 'items',
    description: 'Values to compare with. Null values are refused.',
  })
  values!: (number | null)[];
}

@InputType({ description: 'Filter by the type of an environment.' })
export class EnvironmentTypeFilter {
  @Field(() => EnumOperator, { nullable: true, description: 'Comparison. Defaults to IN.' })
  operator?: kernel.EnumOperator | null;

  @Field(() => [EnvironmentType], {
    nullable: 'itemsAndList',
    description: 'Values to compare with. Required; null values are refused.',
  })
  values?: (EnvironmentTypeName | null)[] | null;
}
