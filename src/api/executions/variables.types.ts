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
  description: 'What a value looks like. Commands get every value as the text that it is.',
  valuesConfig: {
    string: { description: 'Any text.' },
    int: { description: 'A whole number.' },
    float: { description: 'A number with a fraction or an exponent.' },
    bool: { description: '`true` or `false`.' },
    json: { description: 'A list or an object of JSON.' },
  },
});

@ObjectType('ExecutionVariable', {
  simpleResolvers: true,
  description: 'A variable of an execution: given at the start, or set by one of its tasks.',
})
export class ExecutionVariableObject {
  @Field(() => String, { description: 'Commands see it as an environment variable of this name.' })
  name!: string;

  @Field(() => String, { description: 'Its value, as text.' })
  value!: string;

  @Field(() => VariableTypeEnum, { description: 'What the value looks like.' })
  type!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The name of the task that has set it; null when the start has given it.',
  })
  setBy!: string | null;

  @Field(() => Date, { description: 'When it got this value.' })
  setAt!: Date;

  @Field(() => Boolean, { description: 'Whether no task may set it, because it was given at the start.' })
  readOnly!: boolean;
}
