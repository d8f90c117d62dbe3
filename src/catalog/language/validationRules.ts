import { field, orNull, type ShapeOf } from '../../kernel/fields';

/**
 * Every rule for documents, with its stable code. Each error of a definition names the rule that it breaks: programs
 * rely on the codes, people read the messages. test/catalog/language/rules.test.ts covers each rule.
 */
export const validationRules = {
  SYNTAX: 'The text is valid YAML, JSON or TOML.',
  TOO_LARGE:
    'A source has at most 1 MiB, 500 documents, 64 levels, and 100,000 values from aliases. Templates add at most 200,000 values and 16 MiB of text to it, and values of parameters have at most 64 levels. A workflow has at most 10,000 tasks, combinations included, and 20 in `finally`. A list of secrets has at most 50, an approval 20 inputs and 10 escalations, an object 50 tags, and `depends_on` of a service at most 100.',
  DUPLICATE_KEY: 'A key occurs once, in one spelling.',
  BAD_CHARACTER: 'Text contains no NUL and no unpaired surrogate, which can’t be stored.',
  EMPTY_SOURCE: 'A source contains at least one document.',
  SINGLE_DOCUMENT: 'The source of a single definition contains exactly one document.',
  UNKNOWN_KIND: '`kind` is Application, Environment, Service, Workflow, Pipeline, Trigger or Freeze.',
  WRONG_DOCUMENT: 'The kind, application and name of a document match the object that it defines, or are omitted.',
  UNKNOWN_FIELD: 'Every key is known.',
  MISSING_FIELD: 'Every required key has a value.',
  WRONG_TYPE: 'A value has the type of its key.',
  BAD_NAME:
    'A name has 1 to 100 letters, digits, spaces, dots, underscores or hyphens, starts with a letter or digit, and does not end with a space. Task names have no space, and may start with an underscore or hyphen.',
  BAD_VARIABLE_NAME:
    'A variable name has 1 to 100 letters, digits or underscores, and does not start with a digit. The name of a matrix list may have hyphens.',
  RESERVED_VARIABLE_NAME:
    'A variable name neither affects how programs are loaded nor is set by Slipway. In `env`, PATH and its like are constants.',
  BAD_DURATION:
    'A duration is 90s, 5m, 1h30m, 2d, or a whole number of seconds, within its bounds. Reminders and escalations come before the timeout of their approval.',
  BAD_WORKING_DIR: 'A working folder is not part of the system (/proc, /sys, /dev).',
  BAD_VALUE: 'A value is one of those that its key allows.',
  TOO_LONG: 'A description has at most 20,000 characters.',
  EMPTY:
    'A workflow has a normal task, a pipeline a stage, and a stage an element. A list of allowed values, choices, approvers, groups of an escalation, exit codes, runtime inputs or environments is not empty.',
  EMPTY_MATRIX: 'Every list of a matrix has a value, and `exclude` leaves a combination.',
  MATRIX_COMBINATION:
    'An entry of `exclude` names lists of the matrix and their values. An entry of `include` adds a value or a combination.',
  DUPLICATE_NAME:
    'A name is unique among the documents of a kind and application, the tasks of a workflow, the variables of a list, the inputs and choices of an approval, the values of a matrix, and the stages and elements of a pipeline.',
  UNKNOWN_APPLICATION: 'The application exists, or is defined by the source.',
  UNKNOWN_ENVIRONMENT: 'The environment exists in the application, or is defined by the source.',
  UNKNOWN_SERVICE:
    'The service exists in the application, or is defined by the source. `depends_on` of a service may name one of another application.',
  UNKNOWN_GROUP: 'The user group exists.',
  UNKNOWN_WORKFLOW: 'The workflow exists in the application, or is defined by the source.',
  UNKNOWN_PIPELINE: 'The pipeline exists in the application, or is defined by the source.',
  UNKNOWN_TASK: '`depends_on` names tasks of the same workflow, or existing combinations of their matrix.',
  BAD_TEMPLATE: 'In TOML, only a command of a POSIX shell has `{{.name}}`.',
  REGISTERED_TWICE:
    '`register` names a variable that no other task, no other combination and no start sets. Tasks that each have an `if` may share one.',
  SECRET_NAME_TAKEN: 'A secret shares its name with no variable, `env` or `register` of the workflow.',
  DEPENDENCY_TYPE:
    'A normal task depends on normal tasks, a restore task on restore tasks, a rollback task on rollback tasks, a task of `finally` on tasks of `finally`, and a forensic task on none.',
  BAD_CONDITION:
    'A condition is a valid expression of at most 1,000 characters that can be true or false. Only normal tasks and elements have one.',
  BAD_EXPRESSION:
    'An expression in the message of an approval or in a value of a trigger, between `$` + `{{` and `}}`, is valid, and has at most 1,000 characters.',
  ENV_CYCLE: 'Values of `env` do not refer to each other in a cycle, or in a chain of more than 100.',
  UNKNOWN_NAME:
    'A value of `env` refers to variables and secrets that its tasks have. A condition, a value or a message refers to variables, and to tasks, elements, stages or outputs that come before it. An output is made of variables, and of no secret.',
  UNKNOWN_HANDLER: '`on_failure` names a task of the same workflow.',
  HANDLER_TYPE: '`on_failure` names a forensic task.',
  FORENSIC_KEY:
    'A forensic task has no `matrix`, no `register`, no `deploys` and no `on_failure`. A restore task has no `deploys` and no `on_failure`.',
  SELF_DEPENDENCY: 'A task or service does not depend on itself, and an environment does not come after itself.',
  CALLED_WORKFLOW:
    'A workflow that a task runs has the environment of its caller, deploys services of the caller only, has no `finally`, `on_failure` or `concurrency` of its own, and is at most 5 levels deep.',
  UNKNOWN_OUTPUT: 'A task takes outputs that the workflow which it runs declares.',
  CYCLE:
    'Tasks, workflows that run each other, and services, do not depend on each other in a cycle, and environments do not come after each other in one.',
  UNKNOWN_ARTIFACT_SOURCE:
    '`artifacts.from` names a task of the workflow, `<workflow>` or `<workflow>.<task>` of the application, or a task of a named stage or element.',
  ARTIFACT_SOURCE_NOT_UPSTREAM:
    'A task takes files from tasks of its workflow that come before it; a task of `finally`, from all under `tasks`.',
  ARTIFACT_SOURCE_NOT_EARLIER:
    'The workflow of an element takes files from workflows, stages and elements of earlier stages.',
  BAD_ARTIFACT_PATH: 'Paths of artifacts are relative and stay within the working folder.',
  DEFAULT_NOT_ALLOWED: 'A default is one of the allowed values or choices, and not longer than the maximum.',
  WRONG_VALUE_TYPE: 'A default, an allowed value or a given value has the type of the variable.',
  FIXED_WITHOUT_DEFAULT: 'A fixed variable has a default.',
  COMMA_IN_ALLOWED_VALUE: 'No allowed value contains a comma if several values are allowed.',
  VALUE_NOT_ALLOWED: 'A given value is one of the allowed values.',
  UNKNOWN_VARIABLE: 'An element gives or asks for values of variables that its workflow declares.',
  FIXED_VARIABLE: 'An element neither gives nor asks for the value of a fixed variable.',
  MISSING_VALUE:
    'Every required variable of an element’s workflow gets a value: from the element, from the pipeline’s variable of the same name, from its default, or from a runtime input.',
  RUNTIME_INPUT_WITHOUT_DEFAULT:
    'With `on_timeout: continue`, every required variable that is asked for has a default.',
  UNKNOWN_PIPELINE_VARIABLE: 'A value refers to variables of the pipeline.',
  TASK_KIND:
    'A task has either `run`, `approval` or `workflow`. Only a normal task can be an approval or run a workflow, and then it has no keys that concern a command.',
  APPROVAL_POLICY:
    'An approval has either `approvers` or `approvals`. `approvals` has groups in `from` or `all_of`, a `count` only with `from`, and in `not` only `initiator` and references.',
  ELEMENT_KIND: 'An element of a stage has either `workflow` or `approval`.',
  ENVIRONMENT_MISSING: 'An element gives an environment to a workflow that leaves it to the element.',
  ENVIRONMENT_FIXED: 'An element gives no environment to a workflow that has a different one, or none.',
  SERVICE_NOT_DEPLOYED: 'An element, or a task with `deploys`, deploys services that its workflow deploys.',
  UNOBSERVABLE: 'A workflow with `observe` has an environment and services.',
  BAD_CHECKOUT:
    'A checkout has the URL of a repository without a password, and a branch, tag or commit. Its path stays within the working folder.',
  CONTAINER_KEY:
    'A service of a task has `ports` if the task has no container. Only a task with its own network gives a container one.',
  NO_CHECKOUT: '`changed(…)` needs a task with a `checkout` that comes before, and is part of the `if` of a task.',
  TRIGGER_KIND:
    'A trigger has one condition under `on`, and starts either a pipeline or a workflow. A condition on an image has a repository or a service.',
  BREAKS_TRIGGER: 'A changed pipeline or workflow still fits the triggers of the application that start it.',
  BREAKS_PIPELINE:
    'A changed workflow still fits the pipelines of the application that use it, and a changed template those that follow it.',
  BREAKS_WORKFLOW:
    'A changed workflow still fits the workflows of the application that take its files, and a changed template those that follow it.',
  BREAKS_TEMPLATE: 'A changed template still fits the templates that follow it.',
  UNKNOWN_TEMPLATE: '`extends` names a template of the application or the account, and one of its revisions.',
  TEMPLATE_KIND: 'A workflow extends a template of a workflow, and a stage one of a stage.',
  UNKNOWN_PARAMETER: '`with`, and references in the body of a template, name parameters that the template declares.',
  MISSING_PARAMETER: '`with` has a value for each required parameter without a default.',
} as const;

export type ValidationRule = keyof typeof validationRules;

/** Rules whose violation is probably a mistake, but valid. Breaking one rejects nothing. */
export const validationWarnings = {
  SHORT_TIMEOUT: 'The timeout of a task is at least a second; starting a process takes most of less.',
  LONG_TIMEOUT: 'The timeout of a task is at most a day.',
  UNSURE_NAME:
    'A condition or a value of `env` refers to declared variables. Others are an error unless a task or the environment sets them. In a task graph, they become variables of the start.',
  MANY_RETRIES: 'A task has at most ten retries.',
  LITERAL_TEMPLATE:
    'A command contains no `{{…}}` that stays: in TOML, only `{{.name}}` is replaced; in YAML and JSON, nothing is, so `{{.name}}` does not name a variable of the task.',
  AMBIGUOUS_ARTIFACT_SOURCE:
    'A workflow whose files an element takes runs once in earlier stages; otherwise `from` names the element.',
  UNDEPLOYED_SERVICE: 'If a task of a workflow has `deploys`, every service of the workflow is deployed by some task.',
  LITERAL_REFERENCE:
    'A value has no `$NAME` of a known name, which stays text: `env` replaces only names in braces. A default and a variable of an environment have no reference at all.',
  RENAMED_VARIABLE:
    'No variable has a name of the system, such as PATH or ENV: commands get it with the prefix SLIPWAY_VAR_.',
  UNSURE_REGISTER: 'In a task graph, one task sets a variable. A second one that does fails.',
  UNSURE_CONDITION: 'In a task graph, every condition can be decided. A task whose condition can’t be fails.',
  IGNORED_KEY: 'Every key of a task graph is known. Others have no effect.',
  ADAPTED: 'A task graph says nothing that Slipway leaves out or changes.',
  BASH_IN_SH: 'A command for sh has no `[[`, `source` or `pipefail`, which bash knows.',
  IGNORED_TRIGGERS: 'A TOML file has no `triggers`: nothing starts it automatically.',
  TRIGGER_CYCLE: 'A trigger on the end of an execution starts another pipeline or workflow.',
  UNUSED_HANDLER: 'Some `on_failure` names the forensic task.',
} as const;

export type ValidationWarning = keyof typeof validationWarnings;

export const isWarning = (rule: ValidationRule | ValidationWarning): rule is ValidationWarning =>
  Object.hasOwn(validationWarnings, rule);

/** A broken rule or a warning, and its place. */
export const problemFields = {
  path: field.text('Path of the value, such as `documents[2].tasks.pack.depends_on[0]`.'),
  line: orNull(field.integer('Line in the source, from 1. Null if the problem has no location in the source.')),
  column: orNull(field.integer('Column, from 1.')),
  rule: field.text<ValidationRule | ValidationWarning>('Stable code for programs, such as `UNKNOWN_TASK`.'),
  message: field.text('Human-readable message, with the closest known name if there is one.'),
};
export const templatePlaceFields = {
  name: field.text('Name of the template.'),
  application: orNull(field.text('Name of its application. Null for a template of the account.')),
  line: field.integer('Line in the definition of the template, from 1.'),
  column: field.integer('Column, from 1.'),
};
export type DefinitionError = ShapeOf<typeof problemFields> & {
  readonly template?: ShapeOf<typeof templatePlaceFields>;
};
