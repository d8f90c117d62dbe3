import { didYouMean } from '../../kernel/didYouMean';
import { axisVariable, environmentName, isSystemVariableName } from '../../kernel/naming';
import { checkConcurrency } from './concurrency';
import { withCalled } from './calls';
import { checkContainers } from './checkContainers';
import { checkCycles, checkDependencies } from './checkDependencies';
import { axisNames } from './combinations';
import { hasMatrix, isDynamic, nodeCount, registeredBy, variablesInRegister } from './matrix';
import { GIVEN_ENVIRONMENT, handedTo, secretsOfTask, type TaskDefinition, type WorkflowDefinition } from './workflow';
import { checkEnv, knownNames } from './checkEnv';
import { checkMessage, declaredKinds } from './checkCondition';
import { checkMatrixSources } from './checkMatrix';
import { checkTaskConditions, kindIn, TaskNames, TaskOrder } from './checkTaskConditions';
import { checkArtifactSources } from './checkArtifactSources';
import type { Catalog } from './knownNames';
import { type Complain, checkVariables } from './checkVariables';
import { textsIn } from './messageExpressions';
import { partsOf } from './outputReferences';
import { bashWords, commandsIn, quotesAsSh, shellOf } from './shell';
import { templateNames } from './shellTemplate';
import type { Path } from './sourceTree';

/**
 * Checks a workflow as a whole, and with the objects that it refers to. `lenient`: problems that may not occur at run
 * time are warnings, as for a task graph, whose tool reports them when the task runs.
 */
export function checkWorkflow(
  definition: WorkflowDefinition,
  catalog: Catalog,
  report: Complain,
  { lenient = false } = {},
): void {
  const { environment, services, variables, tasks } = definition;
  const isFinally = ([key, name]: Path) => key === 'tasks' && tasks[String(name)]?.type === 'finally';
  const complain: Complain = (rule, path, message) =>
    report(rule, isFinally(path) ? ['finally', ...path.slice(1)] : path, message);
  if (environment !== null && environment !== '' && environment !== GIVEN_ENVIRONMENT) {
    if (!catalog.environments.has(environment)) {
      const hint = didYouMean(environment, [...catalog.environments, GIVEN_ENVIRONMENT]);
      complain('UNKNOWN_ENVIRONMENT', ['environment'], `Environment "${environment}" does not exist${hint}.`);
    }
  }
  services.forEach((service, index) => {
    if (service === '' || catalog.services.has(service)) return;
    const hint = didYouMean(service, [...catalog.services]);
    complain('UNKNOWN_SERVICE', ['services', index], `There is no service "${service}"${hint}.`);
  });
  checkVariables(variables, complain, knownNames(definition));
  const values = new Set([...variables.map(({ name }) => name), ...(environment === null ? [] : ['environment'])]);
  checkConcurrency(definition.concurrency, values, 'UNKNOWN_NAME', complain);
  checkDeploys(definition, complain);
  checkObserve(definition, complain);
  checkDependencies(tasks, complain);
  checkHandlers(definition, complain);
  checkCycles(tasks, complain);
  checkMatrixSources(definition, complain);
  checkRegistered(definition, complain, lenient);
  checkSecrets(definition, complain);
  checkApprovals(definition, complain, lenient);
  checkTaskConditions(definition, complain, lenient);
  checkEnv(definition, complain);
  checkTemplates(definition, complain);
  if (!lenient) checkSystemNames(definition, complain);
  checkOutputs(definition, complain);
  checkShells(definition, complain);
  checkContainers(definition, complain);
  const inlined = withCalled(definition, (name) => catalog.workflows.get(name));
  checkArtifactSources(tasks, inlined.tasks, catalog.workflows, complain);
}

/** An observation compares services of the workflow in its environment. */
function checkObserve({ observe, environment, services }: WorkflowDefinition, complain: Complain): void {
  if (observe === null || (environment !== null && services.length > 0)) return;
  const missing = environment === null ? 'an "environment"' : '"services"';
  complain('UNOBSERVABLE', ['observe'], `A workflow with "observe" needs ${missing} to observe.`);
}

/**
 * Tasks deploy services of their workflow. Detached tasks deploy none: a restore records the deployments that it
 * reverts.
 */
function checkDeploys({ services, tasks }: WorkflowDefinition, complain: Complain): void {
  const deployed = new Set<string>();
  const marked = Object.entries(tasks).filter(([, { deploys }]) => deploys !== null);
  for (const [name, { deploys, type }] of marked) {
    const path = ['tasks', name, 'deploys'];
    if (type !== 'normal' && type !== 'rollback')
      complain('FORENSIC_KEY', path, `A ${type} task can’t have "deploys": only normal and rollback tasks do.`);
    else if (services.length === 0) {
      complain('SERVICE_NOT_DEPLOYED', path, 'The workflow deploys no services. List them in its "services".');
    }
    if (type === 'normal') for (const service of deploys === true ? services : (deploys ?? [])) deployed.add(service);
    if (deploys === true || services.length === 0) continue;
    deploys?.forEach((service, index) => {
      if (service === '' || services.includes(service)) return;
      const message = `The workflow does not deploy "${service}"${didYouMean(service, services)}.`;
      complain('SERVICE_NOT_DEPLOYED', [...path, index], message);
    });
  }
  services.forEach((service, index) => {
    if (!marked.some(([, { type }]) => type === 'normal') || service === '' || deployed.has(service)) return;
    const message = `No task deploys "${service}", so no deployment of it is recorded. Add it to the "deploys" of a task.`;
    complain('UNDEPLOYED_SERVICE', ['services', index], message);
  });
}

/** Failure handlers are detached tasks: one runs once for a failure, and nothing depends on it. */
function checkHandlers({ onFailure, tasks }: WorkflowDefinition, complain: Complain): void {
  const used = new Set([onFailure]);
  const check = (handler: string | null, path: Path) => {
    if (handler === null || handler === '') return;
    used.add(handler);
    const type = Object.hasOwn(tasks, handler) ? tasks[handler]?.type : undefined;
    if (type === undefined) {
      const handlers = Object.keys(tasks).filter((name) => tasks[name]?.type === 'forensic');
      complain(
        'UNKNOWN_HANDLER',
        path,
        `Task "${handler}" does not exist in this workflow${didYouMean(handler, handlers)}.`,
      );
    } else if (type !== 'forensic') {
      complain('HANDLER_TYPE', path, `"${handler}" is a ${type} task; a failure handler must have "type: forensic".`);
    }
  };
  check(onFailure, ['onFailure']);
  for (const [name, task] of Object.entries(tasks)) {
    if (task.type === 'normal' || task.type === 'rollback') check(task.onFailure, ['tasks', name, 'onFailure']);
    else if (task.onFailure)
      complain('FORENSIC_KEY', ['tasks', name, 'onFailure'], `A ${task.type} task can’t have a failure handler.`);
  }
  for (const [name, task] of Object.entries(tasks)) {
    if (task.type !== 'forensic') continue;
    const refuse = (key: string) =>
      complain(
        'FORENSIC_KEY',
        ['tasks', name, key],
        `A forensic task can’t have "${key}": it runs once for a failure, and nothing depends on it.`,
      );
    if (hasMatrix(task)) refuse('matrix');
    if (task.register) refuse('register');
    if (!used.has(name))
      complain(
        'UNUSED_HANDLER',
        ['tasks', name, 'type'],
        `No "on_failure" names the forensic task "${name}", so it never runs.`,
      );
  }
}

/**
 * A variable has one owner: a second task that sets it would fail, but only after it has done its work. Tasks that each
 * have a condition may be branches of which one runs; if two do, the second fails with VARIABLE_CONFLICT.
 */
function checkRegistered(definition: WorkflowDefinition, complain: Complain, lenient: boolean): void {
  const { tasks, variables } = definition;
  const order = new TaskOrder(tasks);
  const given = new Set(variables.map(({ name }) => name));
  const setters = new Map<string, { readonly by: string; readonly condition: string | null }>();
  for (const [name, task] of Object.entries(tasks)) {
    const { register, condition, type, approval } = task;
    // Values of detached tasks are not kept.
    const setsNone = approval === null && task.workflow === null && (register === null || register === '');
    if (setsNone || type !== 'normal') continue;
    const path = ['tasks', name, ...registerKey(task)];
    const refuse = (why: string) => complain(lenient ? 'UNSURE_REGISTER' : 'REGISTERED_TWICE', path, why);
    for (const variable of variablesInRegister(task)) {
      const problem = new TaskNames(name, task, definition, order, lenient).variableProblem(variable);
      if (problem === undefined) continue;
      const axes = axisNames(task).join(', ') || 'none';
      complain(problem.rule, path, `"${variable}" is not an axis of the matrix (${axes}), and ${problem.message}.`);
    }
    const set = registeredBy(name, task);
    const twice = approval === null ? set.find((one, index) => set.indexOf(one) !== index) : undefined;
    if (twice !== undefined) refuse(`Two combinations of "${name}" would set the variable ${twice}.`);
    else if (set.length === 1 && (nodeCount(task) > 1 || isDynamic(task)) && !condition?.includes('matrix')) {
      refuse(`Each combination of "${name}" would set the variable ${register}.`);
    }
    for (const variable of new Set(set)) {
      const other = setters.get(variable);
      const isBranch = condition !== null && (other === undefined || other.condition !== null);
      if (given.has(variable)) refuse(`The variable ${variable} is already set at the start.`);
      else if (other !== undefined && !isBranch) {
        const hint = 'Two tasks may set it if both have an "if", and only one of them runs';
        refuse(`The variable ${variable} is already set by the task "${other.by}". ${hint}.`);
      }
      if (other === undefined || condition === null) setters.set(variable, { by: name, condition });
    }
  }
}

/** The message of an approval, and the people whom it excludes, refer to variables that the task would see. */
function checkApprovals(definition: WorkflowDefinition, complain: Complain, lenient: boolean): void {
  const order = new TaskOrder(definition.tasks);
  const kinds = declaredKinds(definition.variables);
  for (const [name, task] of Object.entries(definition.tasks)) {
    if (task.approval === null) continue;
    const names = new TaskNames(name, task, definition, order, lenient);
    const check = (text: string, path: Path) => {
      for (const part of partsOf(text)) {
        if (part.is === 'OUTPUT' || part.is === 'MALFORMED') {
          const message = `"${part.text}" is not available here; an approval of a task refers to variables: \${NAME}.`;
          complain('UNKNOWN_NAME', path, message);
        } else if (part.is === 'VARIABLE') {
          const problem = names.variableProblem(part.name);
          if (problem !== undefined) complain(problem.rule, path, `\${${part.name}}: ${problem.message}.`);
        }
      }
    };
    const { message, not } = task.approval;
    const path = ['tasks', name, 'approval', 'message'];
    for (const { text } of textsIn(message ?? '')) check(text, path);
    checkMessage(message ?? '', path, complain, {
      problemOf: (reference) => names.problem(reference),
      kindOf: (reference) => kindIn(task, kinds, reference),
    });
    for (const [index, one] of not.entries()) check(one, ['tasks', name, 'approval', 'approvals', 'not', index]);
  }
}

/** A name has one value: otherwise a secret would hide a variable, or a readable variable would look like a secret. */
function checkSecrets(definition: WorkflowDefinition, complain: Complain): void {
  const { variables, env, tasks } = definition;
  const registered = Object.entries(tasks).flatMap(([name, task]) => registeredBy(name, task));
  const taken = new Set([...variables.map(({ name }) => name), ...Object.keys(env), ...registered]);
  const check = (names: readonly string[], more: object, path: readonly string[]) =>
    names.forEach((name, index) => {
      if (name === '' || !(taken.has(name) || Object.hasOwn(more, name))) return;
      complain(
        'SECRET_NAME_TAKEN',
        [...path, 'secrets', index],
        `"${name}" is both a secret and a variable. Rename one of them.`,
      );
    });
  check(definition.secrets, {}, []);
  for (const [name, task] of Object.entries(tasks)) {
    check(task.secrets, task.env, ['tasks', name]);
    for (const secret of definition.secrets) {
      if (!Object.hasOwn(task.env, secret)) continue;
      const message = `"${secret}" is a secret of the workflow and a variable of this task. Rename one of them.`;
      complain('SECRET_NAME_TAKEN', ['tasks', name, 'env', secret], message);
    }
  }
}

/**
 * `{{.name}}` is replaced in TOML only; elsewhere it reaches the command. A template that does not contain a variable's
 * name may be intended, as in `docker ps --format`.
 */
function checkTemplates(definition: WorkflowDefinition, complain: Complain): void {
  const { variables, env, tasks } = definition;
  const templated = Object.entries(tasks).filter(([, { run }]) => commandsIn(run).some((one) => one.includes('{{')));
  if (templated.length === 0) return;
  const registered = Object.entries(tasks).flatMap(([name, task]) => registeredBy(name, task));
  const shared = [...variables.map(({ name }) => name), ...Object.keys(env), ...registered];
  for (const [name, task] of templated) {
    const known = new Set([
      ...shared,
      ...Object.keys(task.env),
      ...secretsOfTask(definition, task),
      ...Object.keys(task.requires),
      ...handedTo(task.type),
    ]);
    const axes = new Map(axisNames(task).map((axis) => [axis, axisVariable(axis)]));
    const sh = quotesAsSh(shellOf(definition, task), task.run);
    for (const one of new Set(commandsIn(task.run).flatMap(templateNames))) {
      const variable = axes.get(one) ?? (known.has(one) ? one : undefined);
      if (variable === undefined) continue;
      const instead = sh ? `write $${variable}` : `read the environment variable ${variable}`;
      const message = `{{.${one}}} is not replaced here. For the value, ${instead}.`;
      complain('LITERAL_TEMPLATE', ['tasks', name, 'run'], message);
    }
  }
}

/** Every value of an output comes from a task or from the start, and is not a secret. */
function checkOutputs({ outputs, variables, tasks, secrets }: WorkflowDefinition, complain: Complain): void {
  const registered = Object.entries(tasks).flatMap(([name, task]) => registeredBy(name, task));
  const known = new Set([...registered, ...variables.map(({ name }) => name)]);
  const hidden = new Set([...secrets, ...Object.values(tasks).flatMap((task) => task.secrets)]);
  for (const [output, text] of Object.entries(outputs)) {
    const path = ['outputs', output];
    for (const part of partsOf(text)) {
      if (part.is === 'OUTPUT' || part.is === 'MALFORMED') {
        const message = `"${part.text}" is not available here; an output is made of variables: \${NAME}.`;
        complain('UNKNOWN_NAME', path, message);
      } else if (part.is === 'VARIABLE' && hidden.has(part.name)) {
        complain('UNKNOWN_NAME', path, `"${part.name}" is a secret, and outputs can’t contain secrets.`);
      } else if (part.is === 'VARIABLE' && !known.has(part.name)) {
        const hint = didYouMean(part.name, [...known]);
        const message = `No task registers "${part.name}"${hint}; the output has no value unless a task sets it.`;
        complain('UNSURE_NAME', path, message);
      }
    }
  }
}

/**
 * Syntax that only bash supports is an error in some `sh`, and has another meaning in others: `[[ 1 == 1 ]]` is a
 * failed command.
 */
function checkShells(definition: WorkflowDefinition, complain: Complain): void {
  for (const [name, task] of Object.entries(definition.tasks)) {
    const words = bashWords(shellOf(definition, task), task.run);
    if (words.length === 0) continue;
    const what = `${words.map((word) => `"${word}"`).join(' and ')} ${words.length === 1 ? 'is' : 'are'} not part of sh`;
    const message = `${what}, which runs this command. Add "shell: bash" to the task or the workflow.`;
    complain('BASH_IN_SH', ['tasks', name, 'run'], message);
  }
}

/** Key of the variables that a task sets. */
const registerKey = ({ approval, workflow }: Pick<TaskDefinition, 'approval' | 'workflow'>): string[] =>
  workflow !== null ? ['outputs'] : approval === null ? ['register'] : ['approval', 'inputs'];

/** Commands get a variable with the name of a system variable under another name. */
function checkSystemNames({ variables, tasks }: WorkflowDefinition, complain: Complain): void {
  const check = (name: string, path: Path) => {
    if (!isSystemVariableName(name)) return;
    const message = `Commands get this variable as ${environmentName(name)}; their ${name} stays that of the agent.`;
    complain('RENAMED_VARIABLE', path, message);
  };
  variables.forEach(({ name }, index) => {
    check(name, ['variables', index, 'name']);
  });
  for (const [name, task] of Object.entries(tasks)) {
    for (const variable of registeredBy(name, task)) check(variable, ['tasks', name, ...registerKey(task)]);
  }
}
