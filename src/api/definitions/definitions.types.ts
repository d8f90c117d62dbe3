import { registerEnumType } from 'type-graphql';
import { revisionFields, variableFields } from '../../catalog/language/definition';
import type { DocumentKind } from '../../catalog/language/documentShapes';
import type { DefinitionSource } from '../../catalog/language/parseDefinitions';
import { problemFields } from '../../catalog/language/validationRules';
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
  },
});

const applyAction = {
  name: 'ApplyAction',
  description: 'Effect of applying a document.',
  values: {
    CREATED: 'Created; it did not exist.',
    UPDATED: 'Changed. A workflow or pipeline got a new revision.',
    UNCHANGED: 'Left as it was, because it had the same meaning.',
  },
} as const;

export const VariableType = objectType('Variable', 'Variable that a workflow or pipeline declares.', variableFields);

export const RevisionType = objectType(
  'Revision',
  'Immutable version of a workflow or pipeline. An execution pins the revision that it is started with.',
  revisionFields,
);
export const RevisionConnection = ConnectionType(RevisionType, 'Revision');

export const DefinitionInput = inputType('DefinitionInput', 'Definition as text: one document.', {
  source: guarded(
    'CHECKED',
    field.text(
      'The document. It may omit `kind`, `application` and `name`; if given, they must be those of the resource.',
    ),
  ),
  format: format('Format of the document.'),
});

export const ApplyDefinitionsInput = mutationInput('ApplyDefinitionsInput', 'Documents to apply.', {
  source: guarded(
    'CHECKED',
    field.text(
      'One or more documents in any order, at most 500 and 1 MiB. Each is an Application, Environment, Service, Workflow or Pipeline.',
    ),
  ),
  format: format('Format of the documents.'),
  application: optional(
    field.text('Name of the application of documents that name none, such as TOML files of workflows.'),
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
  'Effect of one document, or, in a dry run, what it would be.',
  {
    kind: graphqlField<DocumentKind>(() => DefinitionKind, 'Kind of resource that the document defines.'),
    application: field.text('Name of the application.'),
    name: field.text('Name of the resource.'),
    action: field.oneOf(applyAction, 'Effect.'),
    id: orNull(field.uuid('ID of the resource. Null if a dry run would create it.')),
    revision: orNull(field.object(() => AppliedRevision, 'Revision of a workflow or pipeline.')),
  },
);

export const ApplyDefinitionsPayload = mutationPayload('ApplyDefinitionsPayload', 'Result of `applyDefinitions`.', {
  results: listOf(field.object(() => AppliedDefinition, 'One result for each document, in their order.')),
});

const DefinitionProblem = objectType(
  'DefinitionProblem',
  'Error or warning in a definition, and its place.',
  problemFields,
);

export const DefinitionValidation = objectType(
  'DefinitionValidation',
  'Result of validating definitions without applying them.',
  {
    valid: field.boolean('True if there is no error, so that the documents could be applied. Warnings do not count.'),
    errors: listOf(
      field.object(
        () => DefinitionProblem,
        'Errors of all documents, in the order of the text; at most 500 are reported.',
      ),
    ),
    warnings: listOf(
      field.object(
        () => DefinitionProblem,
        'Things that are allowed but probably not intended, in the order of the text.',
      ),
    ),
  },
);
