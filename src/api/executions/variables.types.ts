import { Field, ObjectType, registerEnumType } from 'type-graphql';

export enum VariableTypeEnum {
  string = 'string',
  int = 'int',
  float = 'float',
  bool = 'bool',
  json = 'json',
}
registerEnumType(VariableTypeEnum, {
  name: 'ExecutionVariableType',
  description: 'Apparent type of a value. Commands get every value as text.',
  valuesConfig: {
    string: { description: 'Any text.' },
    int: { description: 'Integer.' },
    float: { description: 'Number with a fraction or an exponent.' },
    bool: { description: '`true` or `false`.' },
    json: { description: 'JSON list or object.' },
  },
});

@ObjectType('ExecutionVariable', {
  simpleResolvers: true,
  description: 'Variable of an execution, given at the start or set by one of its tasks.',
})
export class ExecutionVariableObject {
  @Field(() => String, {
    description: 'Name of the variable. Commands get it as an environment variable of this name.',
  })
  name!: string;

  @Field(() => String, { description: 'Value, as text.' })
  value!: string;

  @Field(() => VariableTypeEnum, { description: 'Apparent type of the value.' })
  type!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the task that set it. Null if it was given at the start.',
  })
  setBy!: string | null;

  @Field(() => Date, { description: 'Time at which it got this value.' })
  setAt!: Date;

  @Field(() => Boolean, { description: 'True if no task may set it, because it was given at the start.' })
  readOnly!: boolean;
}
