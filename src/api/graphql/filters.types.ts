import { Field, InputType, registerEnumType } from 'type-graphql';
import { type EnvironmentType as EnvironmentTypeName, environmentType } from '../../access/permission';
import { EnumOperator, IdOperator, NumericOperator, TimeOperator } from '../../kernel/filters';
import type * as kernel from '../../kernel/filters';
import { enumOf } from './described.types';
import { GraphQLDateTime, GraphQLNumber } from './scalars';

registerEnumType(IdOperator, {
  name: 'IdOperator',
  description: 'How an IdFilter compares.',
  valuesConfig: {
    EQUALS: { description: 'Is the value. Takes exactly one value.' },
    IN: { description: 'Is one of the values. Without values nothing matches.' },
    LIKE: {
      description: 'Contains one of the values, whatever the case of the letters. `%` and `_` are ordinary characters.',
    },
    NOT_IN: {
      description: 'Is none of the values; also matches where there is no value. Without values everything matches.',
    },
    NOT_NULL: { description: 'Has a value, whichever. `values` is ignored.' },
  },
});

registerEnumType(TimeOperator, {
  name: 'TimeOperator',
  description: 'How a TimeFilter compares. Times are compared in milliseconds; what has no time never matches.',
  valuesConfig: {
    AFTER: { description: 'Is later than the value.' },
    BEFORE: { description: 'Is earlier than the value.' },
    EQUALS: { description: 'Is the same millisecond.' },
  },
});

registerEnumType(NumericOperator, {
  name: 'NumericOperator',
  description:
    'How a NumberFilter compares. All but IN take exactly one value; what has no number matches NOT_EQUALS only.',
  valuesConfig: {
    EQUALS: { description: 'Is the value.' },
    GREATER_THAN: { description: 'Is greater than the value.' },
    GREATER_THAN_OR_EQUALS: { description: 'Is the value or greater.' },
    IN: { description: 'Is one of the values. Without values nothing matches.' },
    LESS_THAN: { description: 'Is less than the value.' },
    LESS_THAN_OR_EQUALS: { description: 'Is the value or less.' },
    NOT_EQUALS: { description: 'Is not the value, or there is none.' },
  },
});

registerEnumType(EnumOperator, {
  name: 'EnumOperator',
  description: 'How a filter on an enum compares.',
  valuesConfig: {
    EQUALS: { description: 'Is the value. Takes exactly one value.' },
    IN: { description: 'Is one of the values. Without values nothing matches.' },
  },
});

export const EnvironmentType = enumOf(environmentType);

@InputType({ description: 'Restricts a list by an id, a name or a status. One value may be given without brackets.' })
export class IdFilter implements kernel.IdFilter {
  @Field(() => IdOperator, { description: 'How to compare.' })
  operator!: IdOperator;

  @Field(() => [String], {
    nullable: 'items',
    description: 'What to compare with. Null among the values is refused. Text that can’t be an id matches no id.',
  })
  values!: (string | null)[];
}

@InputType({ description: 'Restricts a list by a time. Give two filters (AFTER and BEFORE) for a range.' })
export class TimeFilter implements kernel.TimeFilter {
  @Field(() => TimeOperator, { description: 'How to compare.' })
  operator!: TimeOperator;

  @Field(() => GraphQLDateTime, { description: 'What to compare with.' })
  value!: Date;
}

@InputType({ description: 'Restricts a list by a number.' })
export class NumberFilter implements kernel.NumberFilter {
  @Field(() => NumericOperator, { description: 'How to compare.' })
  operator!: NumericOperator;

  @Field(() => [GraphQLNumber], {
    nullable: 'items',
    description: 'What to compare with. Null among the values is refused.',
  })
  values!: (number | null)[];
}

@InputType({ description: 'Restricts a list by the type of an environment.' })
export class EnvironmentTypeFilter {
  @Field(() => EnumOperator, { nullable: true, description: 'How to compare; IN when left out.' })
  operator?: EnumOperator | null;

  @Field(() => [EnvironmentType], {
    nullable: 'itemsAndList',
    description: 'What to compare with. Must be given; null among the values is refused.',
  })
  values?: (EnvironmentTypeName | null)[] | null;
}
