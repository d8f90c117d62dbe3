import { Field, ID, ObjectType } from 'type-graphql';
import { field, orNull } from '../../kernel/fields';
import { Environment } from '../environments/environments.types';
import { objectType } from '../graphql/described.types';
import { Service } from '../services/services.types';

export const SubjectChangeType = objectType('SubjectChange', 'Change of a part of the subject of an approval.', {
  what: field.text('Changed part, such as `web in production` or `variable REGION of "deploy"`.'),
  from: orNull(field.text('Value before. Null if there was none.')),
  to: orNull(field.text('Value now. Null if there is none.')),
});

const SubjectVariable = objectType('SubjectVariable', 'Variable of an element that an approval covers.', {
  name: field.text('Name of the workflow’s variable.'),
  value: field.text('Value, or its reference if it comes from elements that have not ended.'),
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
    description: 'Image that it replaces in the environment. Null if there is none.',
  })
  replaces!: string | null;
}

@ObjectType('ApprovalSubjectElement', {
  simpleResolvers: true,
  description: 'Stage element that an approval covers.',
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
    description: 'Environment that it runs for. Null if there is none, or if the caller may not see it.',
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
    'Subject of an approval: everything that it covers. If any of it changes, votes no longer count and the approval is requested again.',
})
export class ApprovalSubjectType {
  @Field(() => ID, { description: 'ID of the revision of the pipeline.' })
  revisionId!: string;

  @Field(() => [SubjectElementType], {
    description: 'Elements of later stages, up to and including the stage of the next approval, in order.',
  })
  elements!: SubjectElementType[];
}
