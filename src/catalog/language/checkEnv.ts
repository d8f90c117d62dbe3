import { axisVariable, isReservedVariableName, isSystemVariableName } from '../../kernel/naming';
import { didYouMean } from '../../kernel/didYouMean';
import { type NameProblem, unknown } from './checkCondition';
import { TaskNames, TaskOrder } from './checkTaskConditions';
import { axisNames } from './combinations';
import type { Complain } from './checkVariables';
import { envCircle, envReferences, literalReferences, ownVariableNames } from './environmentValues';
import type { Path } from './sourceTree';
import { handedTo, secretsOfTask, type TaskDefinition, type WorkflowDefinition } from './workflow';

/** Checks references in values of `env`, as far as names are known before anything runs. */
export function checkEnv(definition: WorkflowDefinition, complain: Complain): void {
  const { env, tasks } = definition;
  const own = new Set(
    ownVariableNames({ environment: definition.environment !== null, services: definition.services.length > 0 }),
  );
  const check = (
    values: WorkflowDefinition['env'],
    path: Path,
    problemOf: (name: string) => NameProblem | undefined,
  ) => {
    for (const [key, value] of Object.entries(values)) {
      if (isSystemVariableName(key) && envReferences(value).length > 0) {
        const message = `${key} decides which programs run, so its value can’t be made of variables.`;
        complain('RESERVED_VARIABLE_NAME', [...path, 'env', key], message);
        continue;
      }
      for (const name of new Set(envReferences(value))) {
        const problem = own.has(name) ? undefined : (reserved(name) ?? problemOf(name));
        if (problem === undefined) continue;
        const instead = `To write the text itself: $\${${name}}`;
        complain(
          problem.rule,
          [...path, 'env', key],
          `The value refers to a variable: ${problem.message}. ${instead}.`,
        );
      }
    }
  };
  check(env, [], (name) => workflowProblem(name, definition));
  const circle = envCircle(env);
  if (circle !== undefined) complainOfCircle(circle, ['env', circle[0] ?? ''], complain);
  const known = knownNames(definition);
  checkLiterals(env, known, ['env'], complain);
  const order = new TaskOrder(tasks);
  for (const [name, task] of Object.entries(tasks)) {
    if (Object.keys(task.env).length === 0) continue;
    const names = new TaskNames(name, task, definition, order);
    const given = new Set([...secretsOfTask(definition, task), ...Object.keys(task.requires), ...handedTo(task.type)]);
    check(task.env, ['tasks', name], (one) => (given.has(one) ? undefined : names.variableProblem(one)));
    const all = { ...env, ...task.env };
    const own = circle === undefined ? envCircle(all) : undefined;
    const at = own?.find((one) => Object.hasOwn(task.env, one));
    if (own !== undefined && at !== undefined) complainOfCircle(own, ['tasks', name, 'env', at], complain);
    const more = [...given, ...Object.keys(task.env), ...axisNames(task).map(axisVariable)];
    checkLiterals(task.env, new Set([...known, ...more]), ['tasks', name, 'env'], complain);
  }
}

function complainOfCircle(circle: readonly string[], path: Path, complain: Complain): void {
  complain('ENV_CYCLE', path, `These values of "env" refer to each other: ${circle.join(' → ')}.`);
}

const reserved = (name: string): NameProblem | undefined =>
  isReservedVariableName(name)
    ? unknown(`"${name}" has its value on the agent only. Write $${name} in the command`)
    : undefined;

/** Values of the workflow apply to all tasks, so they can only refer to names that all tasks have. */
function workflowProblem(name: string, definition: WorkflowDefinition): NameProblem | undefined {
  const { variables, env, secrets, environment, tasks } = definition;
  const declared = [...variables.map((one) => one.name), ...Object.keys(env), ...secrets];
  if (declared.includes(name)) return undefined;
  const [user] = Object.entries(tasks).find(([, task]) => ownNames(task).includes(name)) ?? [];
  if (user !== undefined) {
    return unknown(`not every task has "${name}", which belongs to the task "${user}". Use it in the "env" of a task`);
  }
  const hint = didYouMean(name, declared);
  if (environment === null) return unknown(`there is no variable "${name}"${hint}`);
  const message = `"${name}" is not declared${hint}; tasks fail unless the environment has it`;
  return { rule: 'UNSURE_NAME', message };
}

const ownNames = ({ register, env, secrets, ...matrix }: TaskDefinition): string[] => [
  ...(register === null ? [] : [register]),
  ...Object.keys(env),
  ...secrets,
  ...axisNames(matrix).map(axisVariable),
];

/** Names that tasks of a workflow can have, as far as the definition declares them. */
export function knownNames({ variables, env, secrets, tasks }: WorkflowDefinition): ReadonlySet<string> {
  const registered = Object.values(tasks).flatMap(({ register }) => register ?? []);
  return new Set([...variables.map(({ name }) => name), ...Object.keys(env), ...secrets, ...registered]);
}

/** `$NAME` in a value stays text; only `${NAME}` is replaced. */
function checkLiterals(
  values: Readonly<Record<string, string>>,
  known: ReadonlySet<string>,
  path: Path,
  complain: Complain,
): void {
  for (const [key, value] of Object.entries(values)) {
    for (const name of literalReferences(value, false)) {
      if (!known.has(name)) continue;
      complain('LITERAL_REFERENCE', [...path, key], `$${name} is not replaced here. For the value, write \${${name}}.`);
    }
  }
}
