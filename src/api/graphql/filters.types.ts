import { Field, InputType, registerEnumType } from 'type-graphql';
import { type EnvironmentType as EnvironmentTypeName, environmentType } from '../../access/permission';
import { EnumOperator, IdOperator, NumericOperator, TimeOperator } from '../../kernel/filters';
import type * as kernel from '../../kernel/filters';
import { enumOf } from './described.types';
import { GraphQLDateTime, GraphQLNumber } from './scalars';

registerEnumType(IdOperator, {
  name: 'IdOperator',
  description: 'Operator of an IdFilter.',
  valuesConfig: {
    EQUALS: { description: 'Equals the value. Takes exactly one value.' },
    IN: { description: 'Equals one of the values. Without values nothing matches.' },
    LIKE: {
      description: 'Contains one of the values, ignoring case. `%` and `_` are ordinary characters.',
    },
    NOT_IN: {
      description: 'Equals none of the values, or has no value. Without values everything matches.',
    },
    NOT_NULL: { description: 'Has any value. `values` is ignored.' },
  },
});

registerEnumType(TimeOperator, {
  name: 'TimeOperator',
  description: 'Operator of a TimeFilter. Times compare in milliseconds; a missing time never matches.',
  valuesConfig: {
    AFTER: { description: 'Later than the value.' },
    BEFORE: { description: 'Earlier than the value.' },
    EQUALS: { description: 'The same millisecond as the value.' },
  },
});

registerEnumType(NumericOperator, {
  name: 'NumericOperator',
  description:
    'Operator of a NumberFilter. All but IN take exactly one value. A missing number matches NOT_EQUALS only.',
  valuesConfig: {
    EQUALS: { description: 'Equals the value.' },
    GREATER_THAN: { description: 'Greater than the value.' },
    GREATER_THAN_OR_EQUALS: { description: 'Greater than or equal to the value.' },
    IN: { description: 'Equals one of the values. Without values nothing matches.' },
    LESS_THAN: { description: 'Less than the value.' },
    LESS_THAN_OR_EQUALS: { description: 'Less than or equal to the value.' },
    NOT_EQUALS: { description: 'Differs from the value, or is missing.' },
  },
});

registerEnumType(EnumOperator, {
  name: 'EnumOperator',
  description: 'Operator of a filter on an enum.',
  valuesConfig: {
    EQUALS: { description: 'Equals the value. Takes exactly one value.' },
    IN: { description: 'Equals one of the values. Without values nothing matches.' },
  },
});

export const EnvironmentType = enumOf(environmentType);

@InputType({ description: 'Restricts a list by an id, a name or a status. A single value needs no brackets.' })
export class IdFilter implements kernel.IdFilter {
  @Field(() => IdOperator, { description: 'Operator.' })
  operator!: IdOperator;

  @Field(() => [String], {
    nullable: 'items',
    description: 'Values to compare with. Null is not a valid value. Text that can’t be an id matches no id.',
  })
  values!: (string | null)[];
}

@InputType({ description: 'Restricts a list by a time. Give two filters (AFTER and BEFORE) for a range.' })
export class TimeFilter implements kernel.TimeFilter {
  @Field(() => TimeOperator, { description: 'Operator.' })
  operator!: TimeOperator;

  @Field(() => GraphQLDateTime, { description: 'Value to compare with.' })
  value!: Date;
}

@InputType({ description: 'Restricts a list by a number.' })
export class NumberFilter implements kernel.NumberFilter {
  @Field(() => NumericOperator, { description: 'Operator.' })
  operator!: NumericOperator;

  @Field(() => [GraphQLNumber], {
    nullable: 'items',
    description: 'Values to compare with. Null is not a valid value.',
  })
  values!: (number | null)[];
}

@InputType({ description: 'Restricts a list by the type of an environment.' })
export class EnvironmentTypeFilter {
  @Field(() => EnumOperator, { nullable: true, description: 'Operator. Defaults to IN.' })
  operator?: EnumOperator | null;

  @Field(() => [EnvironmentType], {
    nullable: 'itemsAndList',
    description: 'Values to compare with. Required; null is not a valid value.',
  })
  values?: (EnvironmentTypeName | null)[] | null;
}
