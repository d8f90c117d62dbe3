import { didYouMean } from '../../kernel/didYouMean';
import { axisVariable } from '../../kernel/naming';
import { checkCondition, declaredKinds, fieldKind, fieldProblem, type NameProblem, unknown } from './checkCondition';
import type { Complain } from './checkVariables';
import type { Kind } from './conditionTypes';
import { CHANGED, type Reference } from './conditionValues';
import { namesReached } from './environmentValues';
import { axisNames } from './combinations';
import { baseName, dependencyOf, registeredBy } from './matrix';
import { allAfter, dependentsOf } from './taskGraph';
import { isWarning } from './validationRules';
import { secretsOfTask, type TaskDefinition, type WorkflowDefinition } from './workflow';

/** Properties that the `if` of a task can read from another task. */
const taskFields = ['status', 'exit_code', 'reason_code', 'tries'];

/** Checks the `if` of every task, as far as its names are known before anything runs. */
export function checkTaskConditions(definition: WorkflowDefinition, complain: Complain, lenient: boolean): void {
  const order = new TaskOrder(definition.tasks);
  const kinds = declaredKinds(definition.variables);
  for (const [name, task] of Object.entries(definition.tasks)) {
    if (task.condition === null) continue;
    const path = ['tasks', name, 'if'];
    if (task.type !== 'normal')
      complain('BAD_CONDITION', path, `"${name}" is a ${task.type} task; only normal tasks have a condition.`);
    const check = new TaskNames(name, task, definition, order, lenient);
    const unsure: Complain = (rule, at, message) => {
      if (isWarning(rule)) complain(rule, at, message);
      else complain('UNSURE_CONDITION', at, `${message} The task "${name}" fails when it is reached.`);
    };
    checkCondition(
      task.condition,
      path,
      lenient ? unsure : complain,
      (reference) => check.problem(reference),
      (reference) => kindIn(task, kinds, reference),
    );
  }
}

/** The `env` of a task overrides a declared variable, with text. */
export function kindIn(task: TaskDefinition, kinds: ReadonlyMap<string, Kind>, { path }: Reference): Kind {
  const [root = '', second = '', field] = path;
  if (root === CHANGED) return 'boolean';
  if (root === 'tasks') return fieldKind(field);
  const name = root === 'vars' ? second : root;
  return root === 'matrix' || Object.hasOwn(task.env, name) ? 'given' : (kinds.get(name) ?? 'given');
}

export class TaskNames {
  constructor(
    private readonly name: string,
    private readonly task: TaskDefinition,
    private readonly definition: WorkflowDefinition,
    private readonly order: TaskOrder,
    /** A name that may have a value in time is a warning. */
    private readonly lenient = false,
  ) {}

  problem(reference: Reference): NameProblem | undefined {
    const [root = '', second] = reference.path;
    if (root === CHANGED) return this.checkoutProblem();
    if (root === 'tasks') return fieldProblem(reference, taskFields, (name) => this.taskProblem(name));
    if (root === 'matrix') return this.axisProblem(second);
    if (root !== 'vars') return this.hiddenProblem(root) ?? this.variableProblem(root);
    if (second === undefined) return unknown('"vars" needs the name of a variable: vars.NAME');
    if (reference.asked && reference.path.length === 2) return undefined;
    return this.hiddenProblem(second) ?? this.variableProblem(second);
  }

  private taskProblem(other: string): string | undefined {
    const { tasks } = this.definition;
    const named = dependencyOf(other, tasks);
    if (named === undefined) return `task "${other}" does not exist${didYouMean(other, Object.keys(tasks))}`;
    if (this.order.isBefore(baseName(other), this.name)) return undefined;
    return `the task "${other}" does not come before "${this.name}"; add it to "depends_on"`;
  }

  private checkoutProblem(): NameProblem | undefined {
    const sources = Object.keys(this.definition.tasks).filter((one) => this.definition.tasks[one]?.checkout);
    if (sources.some((one) => this.order.isBefore(one, this.name))) return undefined;
    const [first] = sources;
    const hint = first === undefined ? 'add a task with one' : `add "${first}" to "depends_on"`;
    return { rule: 'NO_CHECKOUT', message: `no task with a "checkout" comes before "${this.name}"; ${hint}` };
  }

  private axisProblem(axis: string | undefined): NameProblem | undefined {
    const axes = axisNames(this.task);
    if (axis !== undefined && axes.includes(axis)) return undefined;
    return unknown(`the matrix of "${this.name}" has no "${axis ?? ''}"; expected one of ${axes.join(', ') || 'none'}`);
  }

  private hiddenProblem(variable: string): NameProblem | undefined {
    const secrets = secretsOfTask(this.definition, this.task);
    if (secrets.includes(variable)) return unknown(`"${variable}" is a secret, and conditions can’t read secrets`);
    const env = { ...this.definition.env, ...this.task.env };
    const reached = namesReached(env, variable);
    if (reached.some((name) => secrets.includes(name))) {
      return unknown(`"${variable}" is made of a secret, and conditions can’t read secrets`);
    }
    const hidden = reached.find((name) => /^SLIPWAY_(?!ENVIRONMENT(?:_TYPE)?$)/.test(name));
    return hidden === undefined
      ? undefined
      : unknown(`"${variable}" is made of "${hidden}", which conditions can’t read`);
  }

  /** Problem with a variable that the task may not have, secrets aside. */
  variableProblem(variable: string): NameProblem | undefined {
    const { variables, env, environment, tasks } = this.definition;
    const own = [...Object.keys(env), ...Object.keys(this.task.env)];
    const declared = [
      ...variables.map((one) => one.name),
      ...own,
      ...axisNames(this.task).flatMap((name) => [name, axisVariable(name)]),
      ...(environment === null ? [] : ['SLIPWAY_ENVIRONMENT', 'SLIPWAY_ENVIRONMENT_TYPE']),
    ];
    if (declared.includes(variable)) return undefined;
    const setters = this.order.settersOf(variable);
    if (setters.some((setter) => this.order.isBefore(setter, this.name))) return undefined;
    if (setters[0] !== undefined) {
      const message = `"${variable}" is set by the task "${setters[0]}", which does not come before "${this.name}"`;
      return { rule: this.lenient ? 'UNSURE_NAME' : 'UNKNOWN_NAME', message };
    }
    const registered = Object.entries(tasks).flatMap(([name, task]) => (this.lenient ? [] : registeredBy(name, task)));
    const hint = this.lenient ? '' : didYouMean(variable, [...declared, ...registered]);
    if (this.task.dependsOn.length === 0 && this.task.type !== 'finally' && environment === null && !this.lenient) {
      return unknown(`there is no variable "${variable}"${hint}`);
    }
    const message = `"${variable}" is not declared${hint}; the task fails unless an earlier task or the environment sets it`;
    return { rule: 'UNSURE_NAME', message };
  }
}

/** Order of tasks; computed only as far as conditions need it. */
export class TaskOrder {
  private dependents: ReturnType<typeof dependentsOf> | undefined;
  private setters: Map<string, readonly string[]> | undefined;
  private readonly after = new Map<string, ReadonlySet<string>>();

  constructor(private readonly tasks: WorkflowDefinition['tasks']) {}

  isBefore(earlier: string, later: string): boolean {
    const { type, dependsOn } = this.tasks[later] ?? { type: 'normal', dependsOn: [] };
    if (type === 'finally') return this.tasks[earlier]?.type === 'normal';
    if (dependsOn.some((one) => baseName(one) === earlier)) return true;
    this.dependents ??= dependentsOf(this.tasks);
    const after = this.after.get(earlier) ?? allAfter(earlier, this.dependents);
    this.after.set(earlier, after);
    return after.has(later);
  }

  /** Tasks that set a variable. There may be several if they are branches of which only one runs. */
  settersOf(variable: string): readonly string[] {
    if (this.setters === undefined) {
      this.setters = new Map();
      for (const [name, task] of Object.entries(this.tasks)) {
        for (const one of registeredBy(name, task)) this.setters.set(one, [...(this.setters.get(one) ?? []), name]);
      }
    }
    return this.setters.get(variable) ?? [];
  }
}
