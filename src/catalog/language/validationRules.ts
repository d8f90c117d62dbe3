import { field, orNull, type ShapeOf } from '../../kernel/fields';

/**
 * Every rule that a document can break, with its stable code. An error of a definition names one of them; programs may rely on the
 * codes, people read the messages. The test of each rule is in `test/definitions/rules.test.ts`, which fails for a rule without one.
 */
export const validationRules = {
  SYNTAX: 'The text can be read in its format: YAML, JSON, TOML.',
  TOO_LARGE:
    'A source has at most 1 MiB, 500 documents, 64 levels, and aliases that stand for at most 100,000 values; a workflow has at most 10,000 tasks, combinations counted.',
  DUPLICATE_KEY: 'A key is given once, in one spelling.',
  BAD_CHARACTER: 'Text has no NUL and no half of a surrogate pair: neither can be stored.',
  EMPTY_SOURCE: 'A source holds at least one document.',
  SINGLE_DOCUMENT: 'Where one definition is asked for, the source holds exactly one document.',
  UNKNOWN_KIND: '`kind` is Application, Environment, Service, Workflow or Pipeline.',
  WRONG_DOCUMENT:
    'A document that defines a named object says its kind, application and name, or leaves them out; it does not say others.',
  UNKNOWN_FIELD: 'A key is one of the known ones.',
  MISSING_FIELD: 'What is required is given.',
  WRONG_TYPE: 'A value has the type that its key asks for.',
  BAD_NAME:
    'A name has 1 to 100 letters, digits, spaces, dots, underscores, hyphens, and starts with a letter or digit. Task names have no space.',
  BAD_VARIABLE_NAME: 'A variable’s name has 1 to 100 letters, digits, underscores, and does not start with a digit.',
  RESERVED_VARIABLE_NAME:
    'A variable’s name is none that changes how programs are loaded, and none that Slipway sets itself.',
  BAD_DURATION: 'A duration is like 90s, 5m, 1h30m, 2d, or a whole number of seconds, within its bounds.',
  BAD_WORKING_DIR: 'A working folder is a relative path that stays in the task’s own folder.',
  BAD_VALUE: 'A value is one of those that are possible here.',
  TOO_LONG: 'A description has at most 2,000 characters.',
  EMPTY:
    'A workflow has a task, a pipeline a stage, a stage an element; a list of allowed values or approvers is not empty.',
  EMPTY_MATRIX: 'Each list of a matrix has a value: without one the task would vanish.',
  DUPLICATE_NAME:
    'A name is used once: by the documents of one kind and application, the variables of a list, the values of a matrix, the stages and the elements of a pipeline.',
  UNKNOWN_APPLICATION: 'The application is in the source, or exists.',
  UNKNOWN_ENVIRONMENT: 'The environment is in the source, or exists in the application.',
  UNKNOWN_SERVICE: 'The service is in the source, or exists in the application.',
  UNKNOWN_WORKFLOW: 'The workflow is in the source, or exists in the application.',
  UNKNOWN_TASK: '`depends_on` names tasks of the same workflow, or combinations that their matrix has.',
  BAD_TEMPLATE: '`{{.name}}` stands in a TOML command where a shell can take it as a value.',
  REGISTERED_TWICE: '`register` names a variable that no other task, no other combination and no start sets.',
  SECRET_NAME_TAKEN: 'A secret has a name that no variable, no `env` and no `register` of the workflow has.',
  DEPENDENCY_TYPE: 'A normal task depends on normal tasks, a restore task on restore tasks, a forensic task on none.',
  BAD_CONDITION:
    'A condition is an expression of the language of conditions: at most 1,000 characters, its functions and no others. Normal tasks and elements have one.',
  UNKNOWN_NAME: 'A condition names what there is when it is decided: variables, and what comes before it.',
  UNKNOWN_HANDLER: '`on_failure` names a task of the same workflow.',
  HANDLER_TYPE: '`on_failure` names a forensic task.',
  FORENSIC_KEY: 'A forensic task has no `matrix`, no `register` and no `on_failure`; a restore task no `on_failure`.',
  SELF_DEPENDENCY: 'A task does not depend on itself.',
  CYCLE: 'Tasks do not depend on each other in a circle.',
  UNKNOWN_ARTIFACT_SOURCE:
    '`artifacts.from` is a task of the workflow, or `<workflow>` or `<workflow>.<task>` of the application.',
  ARTIFACT_SOURCE_NOT_UPSTREAM: 'A task takes files from tasks of its workflow that come before it.',
  ARTIFACT_SOURCE_NOT_EARLIER: 'A stage’s workflow takes files from workflows of earlier stages.',
  BAD_ARTIFACT_PATH: 'Paths of artifacts are relative and stay in the working folder.',
  DEFAULT_NOT_ALLOWED: 'A default is among the allowed values.',
  WRONG_VALUE_TYPE: 'A default, an allowed value or a given value is of the variable’s type.',
  FIXED_WITHOUT_DEFAULT: 'A fixed variable has a default.',
  COMMA_IN_ALLOWED_VALUE: 'Where several values are allowed, no allowed value has a comma: it divides them.',
  VALUE_NOT_ALLOWED: 'A given value is among the allowed values.',
  UNKNOWN_VARIABLE: 'An element gives values for, and asks for, variables that its workflow declares.',
  FIXED_VARIABLE: 'An element gives no value for a fixed variable, and does not ask for one.',
  MISSING_VALUE:
    'Every required variable of an element’s workflow gets a value: from the element, from the pipeline’s variable of the same name, by default, or when it is asked for.',
  RUNTIME_INPUT_WITHOUT_DEFAULT:
    'What goes on with the defaults when nobody answers has one for each required variable that it asks for.',
  UNKNOWN_PIPELINE_VARIABLE: 'A value refers to variables of the pipeline only.',
  ELEMENT_KIND: 'An element of a stage has either `workflow` or `approval`.',
  ENVIRONMENT_MISSING: 'An element gives the environment of a workflow that leaves it to the element.',
  ENVIRONMENT_FIXED: 'An element gives no environment to a workflow that has another one or none.',
  SERVICE_NOT_DEPLOYED: 'An element deploys services that its workflow deploys.',
  BREAKS_PIPELINE: 'A changed workflow still fits the pipelines of the application that use it.',
  BREAKS_WORKFLOW: 'A changed workflow still fits the workflows of the application that take files from it.',
} as const;

export type ValidationRule = keyof typeof validationRules;

/** What is allowed and probably not meant. Nothing is refused for it. */
export const validationWarnings = {
  SHORT_TIMEOUT: 'A task has a second or more: below that, starting a process is most of it.',
  LONG_TIMEOUT: 'A task takes at most a day.',
  UNSURE_NAME:
    'What a condition names is declared: else it fails unless an earlier task or the environment has set it.',
  MANY_RETRIES: 'A task is tried again at most ten times.',
  LITERAL_TEMPLATE:
    'A command has no `{{…}}` that stays as it is: in TOML none but `{{.name}}` is replaced; in YAML and JSON none is, so there it names no variable of the task.',
  UNUSED_HANDLER: 'A forensic task is named by an `on_failure`.',
} as const;

export type ValidationWarning = keyof typeof validationWarnings;

export const isWarning = (rule: ValidationRule | ValidationWarning): rule is ValidationWarning =>
  Object.hasOwn(validationWarnings, rule);

/** A broken rule or a warning, and where. */
export const problemFields = {
  path: field.text('Path of the value, such as `documents[2].tasks.pack.depends_on[0]`.'),
  line: orNull(field.integer('Line in the source, from 1. Null if the problem has no place in the source.')),
  column: orNull(field.integer('Column, from 1.')),
  rule: field.text<ValidationRule | ValidationWarning>('Stable code for programs, such as `UNKNOWN_TASK`.'),
  message: field.text('Message for people, with the nearest known word where there is one.'),
};
export type DefinitionError = ShapeOf<typeof problemFields>;
