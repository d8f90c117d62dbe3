import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';
import { ConnectionType } from '../graphql/paging.types';

export enum DefinitionFormat {
  YAML = 'YAML',
  JSON = 'JSON',
  TOML = 'TOML',
}
registerEnumType(DefinitionFormat, {
  name: 'DefinitionFormat',
  description: 'How a definition is written as text.',
  valuesConfig: {
    YAML: { description: 'YAML 1.2. Several documents are divided by `---`.' },
    JSON: { description: 'JSON. Several documents are the items of one list.' },
    TOML: {
      description:
        'TOML 1.0: one document. Without a `kind` it is a Workflow, so that files of task graphs are accepted as they stand.',
    },
  },
});

export enum DefinitionKind {
  APPLICATION = 'Application',
  ENVIRONMENT = 'Environment',
  SERVICE = 'Service',
  WORKFLOW = 'Workflow',
  PIPELINE = 'Pipeline',
}
registerEnumType(DefinitionKind, {
  name: 'DefinitionKind',
  description: 'What a document defines.',
  valuesConfig: {
    APPLICATION: { description: 'An application.' },
    ENVIRONMENT: { description: 'An environment of an application.' },
    SERVICE: { description: 'A service of an application.' },
    WORKFLOW: { description: 'A workflow of an application.' },
    PIPELINE: { description: 'A pipeline of an application.' },
  },
});

export enum ApplyAction {
  CREATED = 'CREATED',
  UPDATED = 'UPDATED',
  UNCHANGED = 'UNCHANGED',
}
registerEnumType(ApplyAction, {
  name: 'ApplyAction',
  description: 'What applying a document did.',
  valuesConfig: {
    CREATED: { description: 'It did not exist.' },
    UPDATED: { description: 'It was different. A workflow or pipeline got a new revision.' },
    UNCHANGED: { description: 'It meant the same already; nothing was written.' },
  },
});

@ObjectType('Variable', { simpleResolvers: true, description: 'A variable that a workflow or pipeline declares.' })
export class VariableType {
  @Field(() => String, { description: 'Commands see it as an environment variable of this name.' })
  name!: string;

  @Field(() => String, {
    description: 'What values it may have: `string`, `number` or `boolean`. All are given as text.',
  })
  type!: string;

  @Field(() => Boolean, { description: 'Whether nothing can start without a value for it.' })
  required!: boolean;

  @Field(() => String, { nullable: true, description: 'The value when none is given.' })
  defaultValue!: string | null;

  @Field(() => [String], { nullable: true, description: 'The only values that are possible; null: all.' })
  allowedValues!: readonly string[] | null;

  @Field(() => Boolean, { description: 'Whether several of the allowed values may be given, divided by commas.' })
  allowMultipleValues!: boolean;

  @Field(() => Boolean, { description: 'Whether it has its default value, and nobody may give another.' })
  fixed!: boolean;

  @Field(() => String, { nullable: true, description: 'What people wrote about it.' })
  description!: string | null;
}

@ObjectType('Revision', {
  simpleResolvers: true,
  description:
    'An immutable version of a workflow or pipeline. An execution pins the revision that it was started with.',
})
export class RevisionType {
  @Field(() => ID, { description: 'Of this revision.' })
  id!: string;

  @Field(() => Int, { description: 'From 1, without gaps.' })
  number!: number;

  @Field(() => String, {
    description: 'SHA-256 of the definition’s canonical JSON: the same for the same meaning, however it is written.',
  })
  contentHash!: string;

  @Field(() => Date, { description: 'When the definition became this.' })
  createdAt!: Date;

  @Field(() => ID, {
    name: 'createdById',
    simple: false,
    nullable: true,
    description: 'The id of the user or API key that made it.',
  })
  createdBy!: string | null;
}

export const RevisionConnection = ConnectionType(RevisionType, 'Revision');

@InputType({ description: 'A definition as text: one document.' })
export class DefinitionInput {
  @Field(() => String, {
    description:
      'The document. `kind`, `application` and `name` may be left out; if they are there, they must be those of the object.',
  })
  source!: string;

  @Field(() => DefinitionFormat, { defaultValue: DefinitionFormat.YAML, description: 'What it is written in.' })
  format!: DefinitionFormat;
}

@InputType({ description: 'Documents to apply.' })
export class ApplyDefinitionsInput extends MutationInput {
  @Field(() => String, {
    description:
      'One or more documents, in any order, at most 500 and 1 MiB. Each is an Application, Environment, Service, Workflow or Pipeline.',
  })
  source!: string;

  @Field(() => DefinitionFormat, { defaultValue: DefinitionFormat.YAML, description: 'What they are written in.' })
  format!: DefinitionFormat;

  @Field(() => String, {
    nullable: true,
    description: 'The name of the application of documents that name none, as TOML files of workflows do.',
  })
  application?: string | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether only to check, and to answer what would be done; nothing is written.',
  })
  dryRun!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'The revision that a document came to.' })
export class AppliedRevision {
  @Field(() => Int, { description: 'Its number, from 1.' })
  number!: number;

  @Field(() => String, { description: 'SHA-256 of the definition’s canonical JSON.' })
  contentHash!: string;
}

@ObjectType({ simpleResolvers: true, description: 'What became of one document, or, in a dry run, what would.' })
export class AppliedDefinition {
  @Field(() => DefinitionKind, { description: 'What the document defines.' })
  kind!: DefinitionKind;

  @Field(() => String, { description: 'The name of the application.' })
  application!: string;

  @Field(() => String, { description: 'The name of the object.' })
  name!: string;

  @Field(() => ApplyAction, { description: 'What was done.' })
  action!: ApplyAction;

  @Field(() => ID, { nullable: true, description: 'The id of the object. Null for what a dry run would create.' })
  id!: string | null;

  @Field(() => AppliedRevision, {
    nullable: true,
    description: 'For workflows and pipelines: the revision that is current then.',
  })
  revision!: AppliedRevision | null;
}

@ObjectType({ simpleResolvers: true, description: 'What became of the documents.' })
export class ApplyDefinitionsPayload extends MutationPayload {
  @Field(() => [AppliedDefinition], { description: 'One for each document, in their order.' })
  results!: readonly AppliedDefinition[];
}

@ObjectType({ simpleResolvers: true, description: 'A rule that a definition breaks, or a warning, and where.' })
export class DefinitionProblem {
  @Field(() => String, { description: 'What it is about, such as `documents[2].tasks.pack.depends_on[0]`.' })
  path!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'The line of the source, from 1; null where it has no place in the source.',
  })
  line!: number | null;

  @Field(() => Int, { nullable: true, description: 'The column, from 1.' })
  column!: number | null;

  @Field(() => String, { description: 'A stable code for programs, such as `UNKNOWN_TASK`.' })
  rule!: string;

  @Field(() => String, { description: 'The same for people, with the nearest known word where there is one.' })
  message!: string;
}

@ObjectType({ simpleResolvers: true, description: 'What was found in a definition that was only looked at.' })
export class DefinitionValidation {
  @Field(() => Boolean, { description: 'Whether it could be applied: there is no error. Warnings don’t count.' })
  valid!: boolean;

  @Field(() => [DefinitionProblem], {
    description: 'All errors of all documents, in the order of the text; after 500 the search ends.',
  })
  errors!: readonly DefinitionProblem[];

  @Field(() => [DefinitionProblem], {
    description: 'What is allowed and probably not meant, in the order of the text.',
  })
  warnings!: readonly DefinitionProblem[];
}
