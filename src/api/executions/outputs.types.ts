import { Field, ObjectType } from 'type-graphql';

@ObjectType({
  simpleResolvers: true,
  description: 'Output of a workflow, or of the form of an approval: a value for later stages.',
})
export class WorkflowOutput {
  @Field(() => String, { description: 'Name of the output.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Value, as text. Null until its tasks have set all variables that it is made of.',
  })
  value!: string | null;
}
