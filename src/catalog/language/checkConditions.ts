import { didYouMean } from '../../kernel/didYouMean';
import type { PipelineDefinition } from './pipeline';
import { allAfter, baseName, dependencyOf, dependentsOf } from './taskGraph';
import { secretsOfTask, type TaskDefinition, type WorkflowDefinition } from './workflow';
import type { Complain } from './checkVariables';

import { type Expression, type Reference, readExpression } from './expressions';
import type { Path } from './sourceTree';
import type { ValidationRule, ValidationWarning } from './validationRules';

/** What conditions may ask about a task, about an element of a pipeline, about a stage. */
export const taskFields = ['status', 'exit_code', 'reason_code', 'tries'] as const;
export const elementFields = ['status', 'reason_code', 'variables'] as const;
export const stageFields = ['status'] as const;

interface NameProblem {
  readonly rule: ValidationRule | ValidationWarning;
  readonly message: string;
}
const unknown = (message: string): NameProblem => ({ rule: 'UNKNOWN_NAME', message });

/** Reads every `if` of a workflow and looks at its names, as far as they can be known before anything runs. */
export function checkTaskConditions(definition: WorkflowDefinition, complain: Complain): void {
  const order = new TaskOrder(definition.tasks);
  for (const [name, task] of Object.entries(definition.tasks)) {
    if (task.condition === null) continue;
    const path = ['tasks', name, 'if'];
    if (task.type !== 'normal') complain('BAD_CONDITION', path, `The ${task.type} task "${name}" can’t have one.`);
    const check = new TaskNames(name, task, definition, order);
    checkCondition(task.condition, path, complain, (reference) => check.problem(reference));
  }
}

/** The same for `skip_condition`. `variables` are those of the pipeline; null when they are not known. */
export function checkElementConditions(
  { stages }: PipelineDefinition,
  variables: ReadonlySet<string> | null,
  complain: Complain,
): void {
  const earlier: EarlierNames = { steps: new Set(), stages: new Set() };
  stages.forEach((stage, index) => {
    stage.elements.forEach(({ skipCondition }, position) => {
      if (skipCondition === null) return;
      const path = ['stages', index, 'elements', position, 'skipCondition'];
      checkCondition(skipCondition, path, complain, (reference) => elementProblem(reference, earlier, variables));
    });
    earlier.stages.add(stage.name);
    for (const { name } of stage.elements) earlier.steps.add(name);
  });
}

function checkCondition(
  text: string,
  path: Path,
  complain: Complain,
  problemOf: (reference: Reference) => NameProblem | undefined,
): void {
  const expression = readExpression(text);
  if (!isExpression(expression)) {
    complain(
      'BAD_CONDITION',
      path,
      `The condition can’t be read at character ${expression.at}: ${expression.message}.`,
    );
    return;
  }
  for (const reference of expression.references) {
    const problem = problemOf(reference);
    if (problem === undefined) continue;
    complain(problem.rule, path, `At character ${reference.at}: ${problem.message}.`);
  }
}

const isExpression = (read: ReturnType<typeof readExpression>): read is Expression => 'decide' in read;

/** `kind["name"].field`, with no more after it. */
function fieldProblem(
  { path }: Reference,
  fields: readonly string[],
  nameProblem: (name: string) => string | undefined,
): NameProblem | undefined {
  const [kind, name, field, ...rest] = path;
  const example = `${kind}["…"].${fields[0]}`;
  if (name === undefined) return unknown(`"${kind}" has to be followed by a name, which is written out: ${example}`);
  const problem = nameProblem(name);
  if (problem !== undefined) return unknown(problem);
  if (field === undefined) return unknown(`"${name}" has to be followed by what is asked about it: ${example}`);
  if (!fields.includes(field)) {
    const there = `; there are: ${fields.join(', ')}`;
    return unknown(`there is no "${field}" of ${kind}${didYouMean(field, fields) || there}`);
  }
  if (rest.length > 0 && field !== 'variables') return unknown(`"${field}" has no parts`);
  return undefined;
}

class TaskNames {
  constructor(
    private readonly name: string,
    private readonly task: TaskDefinition,
    private readonly definition: WorkflowDefinition,
    private readonly order: TaskOrder,
  ) {}

  problem(reference: Reference): NameProblem | undefined {
    const [root = '', second] = reference.path;
    if (root === 'tasks') return fieldProblem(reference, taskFields, (name) => this.taskProblem(name));
    if (root === 'matrix') return this.axisProblem(second);
    if (root !== 'vars') return this.variableProblem(root);
    if (second === undefined) return unknown('"vars" has to be followed by the name of a variable');
    return reference.asked && reference.path.length === 2 ? undefined : this.variableProblem(second);
  }

  private taskProblem(other: string): string | undefined {
    const { tasks } = this.definition;
    const named = dependencyOf(other, tasks);
    if (named === undefined) return `there is no task "${other}"${didYouMean(other, Object.keys(tasks))}`;
    if (this.order.isBefore(baseName(other), this.name)) return undefined;
    return `the task "${other}" does not come before "${this.name}", so nothing is known of it; add it to "depends_on"`;
  }

  private axisProblem(axis: string | undefined): NameProblem | undefined {
    const axes = this.task.matrix.map((one) => one.name);
    if (axis !== undefined && axes.includes(axis)) return undefined;
    return unknown(`the matrix of "${this.name}" has no "${axis ?? ''}"; it has: ${axes.join(', ') || 'nothing'}`);
  }

  private variableProblem(variable: string): NameProblem | undefined {
    const { variables, env, environment, tasks } = this.definition;
    if (secretsOfTask(this.definition, this.task).includes(variable)) {
      return unknown(`"${variable}" is a secret, which no condition sees`);
    }
    const own = [...Object.keys(env), ...Object.keys(this.task.env)];
    const declared = [
      ...variables.map((one) => one.name),
      ...own,
      ...this.task.matrix.map(({ name }) => `MATRIX_${name.toUpperCase()}`),
      ...(environment === null ? [] : ['SLIPWAY_ENVIRONMENT', 'SLIPWAY_ENVIRONMENT_TYPE']),
    ];
    if (declared.includes(variable)) return undefined;
    const setter = this.order.setterOf(variable);
    if (setter !== undefined && this.order.isBefore(setter, this.name)) return undefined;
    if (setter !== undefined)
      return unknown(`"${variable}" is set by the task "${setter}", which does not come before "${this.name}"`);
    const registered = Object.values(tasks).flatMap(({ register }) => register ?? []);
    const hint = didYouMean(variable, [...declared, ...registered]);
    if (this.task.dependsOn.length === 0 && environment === null) {
      return unknown(`there is no variable "${variable}"${hint}`);
    }
    const message = `nothing declares "${variable}"${hint}; unless an earlier task or the environment sets it, the task fails`;
    return { rule: 'UNSURE_NAME', message };
  }
}

/** Who comes before whom; looked at only as far as conditions ask. */
class TaskOrder {
  private dependents: ReturnType<typeof dependentsOf> | undefined;
  private setters: ReadonlyMap<string, string> | undefined;
  private readonly after = new Map<string, ReadonlySet<string>>();

  constructor(private readonly tasks: WorkflowDefinition['tasks']) {}

  isBefore(earlier: string, later: string): boolean {
    if (this.tasks[later]?.dependsOn.some((one) => baseName(one) === earlier)) return true;
    this.dependents ??= dependentsOf(this.tasks);
    const after = this.after.get(earlier) ?? allAfter(earlier, this.dependents);
    this.after.set(earlier, after);
    return after.has(later);
  }

  setterOf(variable: string): string | undefined {
    this.setters ??= new Map(
      Object.entries(this.tasks).flatMap(([name, { register }]) => (register === null ? [] : [[register, name]])),
    );
    return this.setters.get(variable);
  }
}

interface EarlierNames {
  readonly steps: Set<string>;
  readonly stages: Set<string>;
}

function elementProblem(
  reference: Reference,
  earlier: EarlierNames,
  variables: ReadonlySet<string> | null,
): NameProblem | undefined {
  const [root = '', second] = reference.path;
  if (root === 'steps' || root === 'stages') {
    const [fields, known, what] =
      root === 'steps' ? [elementFields, earlier.steps, 'element'] : [stageFields, earlier.stages, 'stage'];
    return fieldProblem(reference, fields, (name) =>
      known.has(name)
        ? undefined
        : `no earlier stage ${what === 'stage' ? 'is' : 'has an element'} "${name}"${didYouMean(name, [...known])}`,
    );
  }
  const name = root === 'vars' ? second : root;
  if (name === undefined) return unknown('"vars" has to be followed by the name of a variable');
  if (variables === null || variables.has(name)) return undefined;
  if (reference.asked && root === 'vars' && reference.path.length === 2) return undefined;
  return unknown(`the pipeline has no variable "${name}"${didYouMean(name, [...variables])}`);
}
