import { parameterFields } from '../../catalog/language/templates/templateShape';
import { templateFields } from '../../catalog/templates/templates';
import { field, orNull } from '../../kernel/fields';
import { objectType } from '../graphql/described.types';
import { ConnectionType } from '../graphql/paging.types';

export const Template = objectType(
  'Template',
  'Workflow, or stage of a pipeline, with parameters, which many documents share. A document uses it with `extends` and `with`, and can change any part of it. Revisions of workflows and pipelines include the contents of their templates, so a run never depends on a template.',
  templateFields,
  { isNode: true },
);
export const TemplateConnection = ConnectionType(Template, 'Template');

export const TemplateParameter = objectType('TemplateParameter', 'Parameter of a template.', parameterFields);

const userKind = {
  name: 'TemplateUserKind',
  description: 'Kind of resource that extends a template.',
  values: { WORKFLOW: 'Workflow.', PIPELINE: 'Pipeline, in one of its stages.', TEMPLATE: 'Another template.' },
} as const;

export const TemplateUse = objectType('TemplateUse', 'Resource whose current definition extends a template.', {
  kind: field.oneOf(userKind, 'Kind of the resource.'),
  id: field.uuid('ID of the resource.'),
  name: field.text('Name of the resource.'),
  application: orNull(field.text('Name of its application. Null for a template of the account.')),
  revision: field.integer('Revision of the template that it includes.'),
  pinned: field.boolean('True if it names the revision, and so does not follow changes of the template.'),
  outdated: field.boolean('True if the template has a newer revision.'),
});
