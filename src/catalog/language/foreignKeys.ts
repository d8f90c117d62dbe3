import { snakeCase } from './sourceTree';

/**
 * Keys of other workflow languages (GitHub Actions, GitLab CI, Azure Pipelines, Argo Workflows, CircleCI, Jenkins,
 * Tekton, Kubernetes), by the kind of place. The error for an unknown key suggests the one that Slipway uses instead.
 * Each line is advice that ends the message, and its keys in snake_case.
 */
type Advice = Readonly<Record<string, string>>;

const starts = 'start it from outside, with "startExecution" or "slipway start"';
const startKeys = 'on trigger triggers schedule schedules cron cron_schedule pr webhook event events';

const task: Advice = {
  'use "depends_on"':
    'needs need depends dependencies dependent deps requires_tasks run_after after previous_tasks parents upstream stage',
  'use "run"':
    'script scripts command commands cmds bash sh exec execute entrypoint args steps step powershell inline_script',
  'use "run", with the commands before the others': 'before_script setup pre pre_script',
  'use "run" with the commands themselves; there are no actions or plugins':
    'uses action task task_ref plugin plugins template template_ref include orb import extends inherit',
  'use "if"': 'when condition only except rules unless skip run_if filters',
  'use "container"': 'image docker',
  'use "services"': 'service_containers sidecars',
  'use "checkout"': 'repository clone git scm sources',
  'use "labels" for the agents that can run it':
    'runs_on runs pool agent agents executor resource_class node_selector vm_image machine tags host hosts platform runner',
  'use "ignore_failure"':
    'continue_on_error allow_failure allow_failures soft_fail fail_ok ignore_errors ignore_error optional',
  'use "timeout", such as 10m':
    'timeout_minutes timeout_in_minutes timeout_seconds active_deadline_seconds no_output_timeout max_time time_limit',
  'use "retries"':
    'retry retry_strategy retry_count_on_task_failure max_retries retry_limit attempts max_attempts backoff_limit',
  'use "retry_delay"': 'backoff retry_interval retry_wait',
  'use "env"': 'environment vars environment_variables envs env_vars env_from export',
  'use "env" for values; the task gets them as environment variables': 'with inputs input parameters params arguments',
  'use "register", or write NAME=value to the file $SLIPWAY_OUTPUT': 'output result results produces',
  'use "matrix"': 'strategy parallel parallelism with_items with_param with_sequence for_each foreach loop each shards',
  'use "reports"': 'report junit test_report test_reports test_results store_test_results publish_test_results',
  'use "artifacts"':
    'artifact upload save publish store_artifacts persist_to_workspace attach_workspace download files paths expose',
  'use "working_dir"': 'working_directory workdir work_dir cwd dir directory chdir',
  'use "name" for a name that people read': 'display_name title label',
  'leave it out: the key of the task is its name': 'id key ref',
  'use "grace"': 'grace_period termination_grace_period_seconds kill_after',
  'use "on_failure" with a task of type forensic': 'on_error on_fail catch rescue',
  'use "finally" of the workflow': 'after_script post finally on_exit on_success cleanup teardown always ensure',
  'use "secrets"': 'secret secret_env credentials id_tokens',
  'use "description"': 'desc summary help',
  'use "artifacts" for files, "mounts" of a "container", or an absolute "working_dir"':
    'workspace workspaces volumes volume_mounts mounts',
  'use "labels" for the agents that have them': 'resources requests limits cpu memory become privileged queue',
  'use "max_parallel" of the workflow': 'concurrency',
  'use "finally" of the workflow, or "on_failure" with a task of type forensic': 'notify notifications hooks handlers',
  'use "if", or a command that fails': 'preconditions precondition',
  'leave it out: tasks start as soon as their dependencies are done': 'priority',
  'leave it out: the permissions of the person or key that starts the run count': 'permissions identity',
  [starts]: 'on trigger triggers schedule cron',
};

const others: Advice = {
  'leave it out': 'api_version version schema_version',
  'use "name" and "description"': 'metadata',
  'leave it out: everything of one application can be in one file': 'include includes imports orbs',
};

const workflow: Advice = {
  'use "tasks"':
    'jobs job steps templates dag task nodes script run commands entrypoint spec targets actions pipelines',
  'a workflow has "tasks" with "depends_on"; stages belong to "kind: Pipeline"':
    'stages stage needs depends_on workflows pipeline',
  [starts]: startKeys,
  'leave it out: the permissions of the person or key that starts the run count': 'permissions',
  'use "artifacts" of each task': 'cache caches workspaces volumes',
  'use "variables"': 'parameters params inputs input arguments workflow_dispatch vars',
  'use "env"': 'environment_variables envs env_vars defaults globals',
  'use "secrets"': 'secret credentials',
  'use "timeout", such as 1h': 'timeout_minutes timeout_in_minutes timeout_seconds active_deadline_seconds time_limit',
  'use "max_parallel"': 'parallelism parallel max_concurrency strategy throttle',
  'use "on_task_failure"': 'fail_fast stop_on_failure',
  'use "finally"': 'on_exit post after_script on_success cleanup teardown always ensure notifications notify',
  'use "on_failure" with a task of type forensic': 'on_error catch',
  'use "finally_timeout"': 'cleanup_timeout cancel_timeout cancel_timeout_in_minutes',
  'set "retries" on each task': 'retry retries retry_strategy',
  'set "labels" on each task, for the agents that can run it':
    'runs_on pool agent agents executor executors resource_class hosts labels node_selector',
  'use "container"': 'image docker',
  'set "services" on each task': 'services_containers',
  'set "checkout" on each task': 'checkout repository clone git scm',
  'set "if" on each task': 'when condition if rules only except',
  'use "run" of each task': 'before_script setup',
  'use "tags"': 'labels_list annotations keywords',
  ...others,
};

/** Keys of other tasks, and their equivalents in a task of `finally`. */
const atTheEnd: Advice = {
  'leave it out: all tasks of "finally" run at the end': 'type',
  'a task of "finally" always runs, and its command can look at $workflow_status':
    'if when condition only except rules unless run_if',
  'a task of "finally" runs once': 'matrix strategy parallel parallelism for_each foreach with_items',
  'values of a task of "finally" would come too late for others': 'register outputs output result results produces',
  'only tasks under "tasks" deploy': 'deploys',
  'use "ignore_failure", or "on_failure" of the workflow': 'on_failure failure_strategy on_error on_fail catch rescue',
};

const pipeline: Advice = {
  'use "stages"': 'jobs job steps workflows phases environments stage spec',
  'use "stages"; tasks belong to "kind: Workflow"': 'tasks task script run commands dag templates',
  'leave it out: stages run in the order in which they are listed': 'needs depends_on requires',
  [starts]: startKeys,
  'use "variables"': 'parameters params inputs input env vars environment_variables workflow_dispatch',
  'set "environment" on the elements of the stages': 'environment target',
  'use "timeout", such as 1d': 'timeout_minutes timeout_in_minutes timeout_seconds active_deadline_seconds',
  'set "skip_condition" on the elements of the stages': 'when condition if rules only except',
  'set "retries" and "failure_strategy" on the elements of the stages':
    'retry retries failure_strategy on_failure on_error',
  'use "finally" of a workflow': 'finally post on_exit after_script cleanup always notifications notify hooks',
  'set "labels" on the tasks of the workflows': 'agent agents pool runs_on image container labels',
  'add an element with "approval" to a stage': 'approval approvals approvers gates',
  ...others,
};

const stage: Advice = {
  'use "elements"': 'jobs job steps step tasks workflows workflow parallel actions element approval script run',
  'leave it out: stages run in the order in which they are listed': 'needs depends_on depends requires run_after',
  'set "skip_condition" on each element': 'condition when if rules only except skip_condition',
  'set "environment" on each element': 'environment env target',
  'set "variables" on each element': 'variables parameters params inputs with',
  'add an element with "approval"': 'approvals approvers manual gate gates input',
  'use "name"': 'stage id display_name title',
  'set "failure_strategy" on each element': 'failure_strategy continue_on_error allow_failure retries retry timeout',
};

const element: Advice = {
  'put it into a later stage: stages run one after the other': 'needs depends_on depends requires run_after after',
  'use "skip_condition", which skips it when it is true': 'if when condition only rules run_if unless skip except',
  'use "workflow"': 'uses job jobs template template_ref pipeline ref action run_workflow',
  'use "workflow"; commands are tasks of that workflow':
    'run script steps commands cmd command tasks task image container runs_on labels agent pool',
  'use "variables"': 'with params parameters inputs input args arguments env vars environment_variables',
  'use "runtime_inputs"': 'prompt ask questions',
  'use "approval" with "approvers"': 'approvers approvals manual gate gates reviewers manual_validation wait type',
  'use "services"; images are given when the pipeline starts': 'images service deploy version tag',
  'set "timeout" on the workflow, or on "approval"': 'timeout timeout_minutes timeout_in_minutes approval_timeout',
  'use "retries"': 'retry retry_strategy max_retries attempts',
  'use "failure_strategy"': 'continue_on_error allow_failure ignore_failure on_failure on_error soft_fail',
  'use "name"': 'id display_name title element step',
  'use "environment"': 'target environments env_name deployment namespace cluster',
  'set "matrix" on a task of the workflow': 'matrix strategy for_each with_items',
};

const approval: Advice = {
  'use "approvers" with names of user groups':
    'groups group users user reviewers teams team roles role approver notify_users submitter required_reviewers',
  'use "timeout", such as 1d': 'timeout_minutes timeout_in_minutes wait_timer expires',
  'use "approvals" with "from" and "count"':
    'count minimum_approvers min_approvals required_approvals required_approvers approvals_required required_approving_review_count minimum',
  'use "inputs"': 'parameters submitter_parameters form fields variables questions prompts',
  'use "remind_after"': 'reminder reminders remind remind_every',
  'use "escalate" with "after" and "to"': 'escalation escalations escalate_after escalate_to fallback_approvers',
  'use "disallow_initiator"': 'prevent_self_review allow_self_approval no_self_approval requestor_cannot_be_approver',
};

const variable: Advice = {
  'use "default"': 'value default_value initial',
  'use "allowed_values"': 'options choices enum values allowed one_of',
  'use "allow_multiple_values"': 'multiple multi',
  'use "fixed"': 'readonly read_only const constant final',
  'use "secrets" of the workflow for values that must stay hidden': 'secret sensitive masked protected is_secret',
};

const environment: Advice = {
  'use "variables"': 'env vars environment_variables values',
  'use "type": PROD or NON_PROD': 'deployment_tier tier stage kind_of protected',
  'use an element with "approval" in the pipeline': 'approvers reviewers protection_rules approvals',
};

const service: Advice = {
  ...others,
  'leave it out: a service has a name and a description; tasks of workflows deploy it':
    'spec image ports replicas selector build deploy command environment',
};

const byKey = (advice: Advice): ReadonlyMap<string, string> =>
  new Map(Object.entries(advice).flatMap(([text, keys]) => keys.split(' ').map((key) => [key, text] as const)));

export type ForeignKeys = ReadonlyMap<string, string>;

/** The advice for a key in any spelling: `runs-on`, `runsOn`, `runs_on`. */
export const adviceFor = (keys: ForeignKeys, key: string): string | undefined =>
  keys.get(snakeCase(key.replace(/[-\s]/g, '_')).toLowerCase());

export const foreignKeys = {
  task: byKey(task),
  finallyTask: new Map([...byKey(task), ...byKey(atTheEnd)]),
  workflow: byKey(workflow),
  pipeline: byKey(pipeline),
  stage: byKey(stage),
  element: byKey(element),
  approval: byKey(approval),
  variable: byKey(variable),
  environment: byKey(environment),
  service: byKey(service),
};
