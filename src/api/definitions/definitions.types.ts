import { registerEnumType } from 'type-graphql';
import { revisionFields, variableFields } from '../../catalog/language/definition';
import type { DocumentKind } from '../../catalog/language/documentShapes';
import type { DefinitionSource } from '../../catalog/language/parseDefinitions';
import { problemFields, templatePlaceFields } from '../../catalog/language/validationRules';
import { field, graphqlField, guarded, listOf, optional, orNull, withDefault } from '../../kernel/fields';
import { enumOf, inputType, mutationInput, mutationPayload, objectType } from '../graphql/described.types';
import { ConnectionType } from '../graphql/paging.types';

const definitionFormat = {
  name: 'DefinitionFormat',
  description: 'Text format of a definition.',
  values: {
    YAML: 'YAML 1.2. `---` separates documents.',
    JSON: 'JSON. Several documents are the items of one list.',
    TOML: 'TOML 1.0: one document. Without a `kind` it is a Workflow, so that files of task graphs are accepted as they are.',
  },
} as const;
export const DefinitionFormat = enumOf(definitionFormat);
const format = (description: string) =>
  withDefault<DefinitionSource['format']>('YAML', field.oneOf(definitionFormat, description));

/** The only enum whose values are not their names: documents write `kind: Application`. */
enum DefinitionKind {
  APPLICATION = 'Application',
  ENVIRONMENT = 'Environment',
  SERVICE = 'Service',
  WORKFLOW = 'Workflow',
  PIPELINE = 'Pipeline',
  TRIGGER = 'Trigger',
  TEMPLATE = 'Template',
  FREEZE = 'Freeze',
}
registerEnumType(DefinitionKind, {
  name: 'DefinitionKind',
  description: 'Kind of resource that a document defines.',
  valuesConfig: {
    APPLICATION: { description: 'Application.' },
    ENVIRONMENT: { description: 'Environment of an application.' },
    SERVICE: { description: 'Service of an application.' },
    WORKFLOW: { description: 'Workflow of an application.' },
    PIPELINE: { description: 'Pipeline of an application.' },
    TRIGGER: { description: 'Trigger of an application.' },
    TEMPLATE: { description: 'Template of an application or of the account.' },
    FREEZE: { description: 'Freeze or deployment window of the environments of an application.' },
  },
});

const applyAction = {
  name: 'ApplyAction',
  description: 'Effect of applying a document.',
  values: {
    CREATED: 'Created: it did not exist before.',
    UPDATED: 'Changed. A workflow, pipeline or template got a new revision, a trigger a new version.',
    UNCHANGED: 'Unchanged: the document means the same as the current definition.',
  },
} as const;

export const VariableType = objectType('Variable', 'Variable that a workflow or pipeline declares.', variableFields);

export const RevisionType = objectType(
  'Revision',
  'Immutable version of a workflow, pipeline or template. An execution pins the revision that it is started with.',
  revisionFields,
);
export const RevisionConnection = ConnectionType(RevisionType, 'Revision');

export const DefinitionInput = inputType('DefinitionInput', 'Definition as text: one document.', {
  source: guarded(
    'CHECKED',
    field.text('The document. It may omit `kind`, `application` and `name`; if given, they must match the resource.'),
  ),
  format: format('Format of the document.'),
});

const UnchangedInput = inputType('UnchangedInput', 'Resource, as the caller has read it.', {
  id: field.uuid('ID of the resource.'),
  updatedAt: field.time('Its `updatedAt` at that time.'),
});

export const ApplyDefinitionsInput = mutationInput('ApplyDefinitionsInput', 'Documents to apply.', {
  source: guarded(
    'CHECKED',
    field.text(
      'One or more documents in any order, at most 500 and 1 MiB. Each is an Application, Environment, Service, Template, Workflow, Pipeline, Trigger or Freeze.',
    ),
  ),
  format: format('Format of the documents.'),
  application: optional(
    field.text('Default application, by name, for documents that don’t name one, such as TOML workflow files.'),
  ),
  name: optional(field.text('Default name, for a TOML workflow file without one: for example, the name of the file.')),
  unchanged: optional(
    listOf(
      field.object(
        () => UnchangedInput,
        'Resources that must not have changed since the caller read them; each is one that the documents define. Fails with CONFLICT if one has. Defaults to none.',
      ),
    ),
  ),
  dryRun: withDefault(
    false,
    field.boolean('True to check the documents and report the effect without writing anything.'),
  ),
});

const AppliedRevision = objectType('AppliedRevision', 'Current revision after applying a document.', {
  number: field.integer('Number, from 1.'),
  contentHash: field.text('SHA-256 of the definition’s canonical JSON.'),
});

const AppliedDefinition = objectType(
  'AppliedDefinition',
  'Effect of one document. In a dry run, the effect that it would have.',
  {
    kind: graphqlField<DocumentKind>(() => DefinitionKind, 'Kind of resource that the document defines.'),
    application: field.text('Name of the application. Empty for a template of the account.'),
    name: field.text('Name of the resource.'),
    action: field.oneOf(applyAction, 'Effect.'),
    id: orNull(field.uuid('ID of the resource. Null if a dry run would create it.')),
    revision: orNull(field.object(() => AppliedRevision, 'Revision of a workflow, pipeline or template.')),
  },
);

const TemplatePlace = objectType('TemplatePlace', 'Position within a template.', templatePlaceFields);

const DefinitionProblem = objectType('DefinitionProblem', 'Error or warning in a definition, with its location.', {
  ...problemFields,
  template: orNull(
    field.object(
      () => TemplatePlace,
      'Position within a template, for a problem in the contents of one. `line` and `column` are then those of `extends`.',
    ),
  ),
});

export const ApplyDefinitionsPayload = mutationPayload('ApplyDefinitionsPayload', 'Result of `applyDefinitions`.', {
  results: listOf(
    field.object(
      () => AppliedDefinition,
      'One result for each document, in document order; then one for each definition outside the source that follows a changed template or runs a changed workflow.',
    ),
  ),
  warnings: listOf(
    field.object(() => DefinitionProblem, 'Findings that are allowed but probably not intended, in source order.'),
  ),
});

export const DefinitionValidation = objectType(
  'DefinitionValidation',
  'Result of validating definitions without applying them.',
  {
    valid: field.boolean('True if there are no errors, so that the documents could be applied. Warnings do not count.'),
    errors: listOf(
      field.object(() => DefinitionProblem, 'Errors in all documents, in source order. At most 500 are reported.'),
    ),
    warnings: listOf(
      field.object(() => DefinitionProblem, 'Findings that are allowed but probably not intended, in source order.'),
    ),
  },
);
