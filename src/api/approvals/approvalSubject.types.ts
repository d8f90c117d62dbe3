import { Field, ID, ObjectType } from 'type-graphql';
import { field, orNull } from '../../kernel/fields';
import { Environment } from '../environments/environments.types';
import { objectType } from '../graphql/described.types';
import { Service } from '../services/services.types';

export const SubjectChangeType = objectType('SubjectChange', 'Change of something that an approval is about.', {
  what: field.text('Changed part, such as `web in production` or `variable REGION of "deploy"`.'),
  from: orNull(field.text('Value before. Null if there was none.')),
  to: orNull(field.text('Value now. Null if there is none.')),
});

const SubjectVariable = objectType('SubjectVariable', 'Variable of an element that an approval is about.', {
  name: field.text('Name of the workflow’s variable.'),
  value: field.text('Value; its reference if elements that have not ended make the value.'),
});

@ObjectType({ simpleResolvers: true, description: 'Service that an element deploys.' })
export class SubjectService {
  @Field(() => ID, { description: 'ID of the service.' })
  serviceId!: string;

  @Field(() => Service, { nullable: true, description: 'Service. Null if the caller may not see it.' })
  service?: object | null;

  @Field(() => String, { description: 'Image that it deploys.' })
  image!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Image that the environment has, which it replaces. Null if it has none.',
  })
  replaces!: string | null;
}

@ObjectType('ApprovalSubjectElement', {
  simpleResolvers: true,
  description: 'Element of a stage that an approval lets begin.',
})
export class SubjectElementType {
  @Field(() => ID, { description: 'ID of the element, the same in every execution.' })
  elementId!: string;

  @Field(() => String, { description: 'Name of its stage.' })
  stageName!: string;

  @Field(() => String, { description: 'Name of the element.' })
  stepName!: string;

  @Field(() => ID, { nullable: true, description: 'ID of the revision of its workflow.' })
  workflowRevisionId!: string | null;

  @Field(() => Environment, {
    nullable: true,
    description: 'Environment that it runs for. Null for none, or for one that the caller may not see.',
  })
  environment?: object | null;

  @Field(() => [SubjectService], { description: 'Services that it deploys.' })
  services?: SubjectService[];

  @Field(() => [SubjectVariable], { description: 'Variables of its workflow, sorted by name.' })
  variables?: object[];
}

@ObjectType('ApprovalSubject', {
  simpleResolvers: true,
  description:
    'Everything that an approval is about. A vote counts as long as none of it changes: otherwise, people are asked again.',
})
export class ApprovalSubjectType {
  @Field(() => ID, { description: 'ID of the revision of the pipeline.' })
  revisionId!: string;

  @Field(() => [SubjectElementType], {
    description: 'Elements of later stages, up to the stage of the next approval, in order.',
  })
  elements!: SubjectElementType[];
}
